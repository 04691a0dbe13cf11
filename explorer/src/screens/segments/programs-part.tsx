import { useResource, type Resource } from '../../api/resource.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { usePreferences } from '../../preferences.js'
import { Answer } from '../../parts/answer.js'
import { Opens, SubjectLink } from '../../parts/behind.js'
import { Drawer } from '../../parts/drawer.js'
import { displayText } from '../../parts/text.js'
import { setQuery, useQuery } from '../../url/url.js'
import { ask, type Program, type Programs } from './queries.js'
import { words } from './words.js'

/** Each program as its steps, one under the other, with how many wait at each. */
export function ProgramsPart({ answer }: { answer: Resource<Programs> }) {
  const t = useWords(words)
  const [at] = useQuery('at')
  useReady(answer.data !== undefined)
  return (
    <Answer of={answer}>
      {({ programs }) =>
        programs.length === 0 ? (
          <p>{t.noPrograms}</p>
        ) : (
          <>
            {programs.map((program) => (
              <Drawn key={program.id} program={program} at={at} />
            ))}
          </>
        )
      }
    </Answer>
  )
}

function Drawn({ program, at }: { program: Program; at: string | null }) {
  const t = useWords(words)
  const { number } = useFormats()
  const { language } = usePreferences()
  const { id, name, subject, enters, goal, waiting, done, exited, steps, elsewhere } = program
  const open = at?.startsWith(`${id} `) === true ? at.slice(id.length + 1) : undefined
  return (
    <section class="block">
      <h2>{displayText(name || id, 60)}</h2>
      <p>
        <span class="muted">{t.enters}</span> {displayText(enters[language], 300)}
        {goal !== null && (
          <>
            {' · '}
            <span class="muted">{t.goal}</span> {displayText(goal[language], 300)}
          </>
        )}
      </p>
      <p class="muted">{t.running(number(waiting), number(done), number(exited))}</p>
      <ol class="program">
        {[...steps, ...elsewhere].map(({ step, sentence, does, waiting: n }) => (
          <li key={step} class={`program-step program-step--${does}`}>
            <span class="tag">{doesWord(t, does)}</span>
            <span class="program-said">
              <strong class="said">{displayText(step, 60)}</strong>
              <span class="muted small">
                {sentence === null ? t.elsewhere : displayText(sentence[language], 400)}
              </span>
            </span>
            {n > 0 && (
              <Opens what={t.why} open={() => setQuery({ at: `${id} ${step}` }, { push: true })}>
                {t.waiting(number(n))}
              </Opens>
            )}
          </li>
        ))}
      </ol>
      {open !== undefined && <Runs program={program} step={open} subject={subject} />}
    </section>
  )
}

function doesWord(t: (typeof words)['en'], does: string): string {
  const known = (['wait', 'waitUntil', 'branch', 'act', 'exit'] as const).find((one) => one === does)
  return known === undefined ? does : t[`does.${known}`]
}

function Runs({ program, step, subject }: { program: Program; step: string; subject: Program['subject'] }) {
  const t = useWords(words)
  const formats = useFormats()
  const answer = useResource(ask.runs(program.id, step))
  const title = t.runs(displayText(program.name || program.id, 60), displayText(step, 60))
  return (
    <Drawer title={title} label={title} close={() => setQuery({ at: null })}>
      <Answer of={answer}>
        {({ rows }) => (
          <ul class="behind">
            {rows.map(({ run, subject: who, dueAt, because }) => (
              <li key={run}>
                <SubjectLink id={who} subject={subject} />
                <span class="muted small">
                  {dueAt === null ? displayText(because, 80) : t.due(formats.moment(dueAt))}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Answer>
    </Drawer>
  )
}
