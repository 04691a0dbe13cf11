import { useResource, type Resource } from '../../api/resource.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { Bar } from '../../parts/bar.js'
import { Opens, SubjectLink } from '../../parts/behind.js'
import { Drawer } from '../../parts/drawer.js'
import { Table, type Column } from '../../parts/table.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { usePreferences } from '../../preferences.js'
import { setQuery, useQuery } from '../../url/url.js'
import { ask, type Kind, type Scores, type ScoreSubjects, type WeighedTouch } from './queries.js'
import { words } from './words.js'

type Row = ScoreSubjects['rows'][number]

/** Who has how many points, and by what. */
export function ScoresPart({ answer }: { answer: Resource<Scores> }) {
  const t = useWords(words)
  useReady(answer.data !== undefined)
  return (
    <Answer of={answer}>
      {({ scores }) =>
        scores.length === 0 ? (
          <p>{t.noScores}</p>
        ) : (
          <>
            {scores.map((score) => (
              <Score key={score.id} score={score} />
            ))}
          </>
        )
      }
    </Answer>
  )
}

function Score({ score }: { score: Scores['scores'][number] }) {
  const t = useWords(words)
  const { number } = useFormats()
  const answer = useResource(ask.scoreSubjects(score.id))
  const [why] = useQuery('why')
  const mine = why?.startsWith(`${score.id} `) === true ? why.slice(score.id.length + 1) : undefined
  const columns = useColumns(score)
  return (
    <section class="block">
      <h2>{displayText(score.name, 60)}</h2>
      <p class="muted">
        {t.crossed(number(score.above), number(score.on))} · {t.rule(number(score.on), number(score.off))}
      </p>
      <Answer of={answer}>
        {({ rows }) => (
          <Table
            caption={score.name}
            isCaptionUnseen
            columns={columns}
            rows={rows}
            keyOf={({ subject }) => subject}
          />
        )}
      </Answer>
      {mine !== undefined && <Why score={score.id} name={score.name} kind={score.subject} subject={mine} />}
    </section>
  )
}

function useColumns({ id, subject: kind, on }: Scores['scores'][number]): Column<Row>[] {
  const t = useWords(words)
  const { number } = useFormats()
  const round = (value: number) => number(Math.round(value * 10) / 10)
  return [
    { id: 'subject', title: t.subject, cell: ({ subject }) => <SubjectLink id={subject} subject={kind} /> },
    {
      id: 'bar',
      title: t.total,
      is: 'wide',
      cell: ({ total }) => <Bar share={total / Math.max(on * 1.5, 1)} />,
    },
    {
      id: 'total',
      title: t.total,
      is: 'number',
      cell: ({ subject, total }) => (
        <Opens what={t.why} open={() => setQuery({ why: `${id} ${subject}` }, { push: true })}>
          <span class={total >= on ? 'tag tag--green' : undefined}>{round(total)}</span>
        </Opens>
      ),
    },
    { id: 'fit', title: t.fit, is: 'number', cell: ({ fit }) => round(fit) },
    { id: 'behaviour', title: t.behaviour, is: 'number', cell: ({ behaviour }) => round(behaviour) },
  ]
}

interface WhyProps {
  score: string
  name: string
  kind: Kind
  subject: string
}
function Why({ score, name, kind, subject }: WhyProps) {
  const t = useWords(words)
  const { number } = useFormats()
  const { language } = usePreferences()
  const answer = useResource(ask.scoreWhy(score, kind, subject))
  return (
    <Drawer
      title={<SubjectLink id={subject} subject={kind} />}
      label={`${t.why}: ${displayText(name, 60)}`}
      close={() => setQuery({ why: null })}
    >
      <Answer of={answer}>
        {({ total, fit, behaviour, rules, touches }) => (
          <>
            <p>
              <strong>{number(Math.round(total * 10) / 10)}</strong> = {t.fit} {number(fit)} + {t.behaviour}{' '}
              {number(Math.round(behaviour * 10) / 10)}
            </p>
            <section>
              <h3>{t.rules}</h3>
              <ul class="points">
                {rules.map(({ rule, points, sentence }) => (
                  <li key={rule}>
                    <span class="said">{displayText(sentence?.[language] ?? rule, 300)}</span>
                    <Points n={points} />
                  </li>
                ))}
              </ul>
            </section>
            <section>
              <h3>{t.touches}</h3>
              <Touches touches={touches} />
            </section>
          </>
        )}
      </Answer>
    </Drawer>
  )
}

export function Points({ n }: { n: number }) {
  const { number } = useFormats()
  const rounded = Math.round(n * 10) / 10
  return (
    <strong class={rounded < 0 ? 'wrong' : undefined}>
      {rounded > 0 ? '+' : ''}
      {number(rounded)}
    </strong>
  )
}

export function Touches({ touches }: { touches: readonly WeighedTouch[] }) {
  return (
    <ul class="points">
      {touches.slice(0, 20).map((touch, index) => (
        <li key={index}>
          <span class="said">
            <Time at={touch.at} as="day" /> · {displayText(touch.name || touch.kind, 80)}
            {touch.page !== '' && <span class="muted"> {displayText(touch.page, 80)}</span>}
          </span>
          <Points n={touch.points} />
        </li>
      ))}
    </ul>
  )
}
