import { useState } from 'preact/hooks'
import { endpoints, type PersonTimeline, type Touchpoint } from '../../api/endpoints.js'
import { useResource } from '../../api/resource.js'
import { Answer } from '../../parts/answer.js'
import { Channel } from '../../parts/channels.js'
import { Drawer } from '../../parts/drawer.js'
import { Time } from '../../parts/time.js'
import { TouchDetail } from '../../parts/touch-detail.js'
import { words as touchWords } from '../../parts/touch-words.js'
import { useWords } from '../../i18n/dictionary.js'
import { Link } from '../../url/link.js'
import { hrefOf } from '../../url/url.js'
import type { Journey } from '../journey/journey.js'
import type { Tell } from '../tell.js'

/** What the drawer shows: one touch, or several that one mark stands for. */
export type Opened = { is: 'touch'; mark: number } | { is: 'touches'; marks: readonly number[] }

interface TouchDrawerProps {
  opened: Opened
  journey: Journey
  tell: Tell
  slots: readonly number[]
  open: (what: Opened | undefined) => void
  close: () => void
}

export function TouchDrawer(props: TouchDrawerProps) {
  const { opened, tell, journey, close } = props
  if (opened.is === 'touch')
    return (
      <Drawer title={tell.touch(opened.mark)} label={tell.touch(opened.mark)} close={close}>
        {journey.isFolded ? (
          <Facts {...props} mark={opened.mark} />
        ) : (
          <OneTouch {...props} mark={opened.mark} />
        )}
      </Drawer>
    )
  const title = tell.t.touches(tell.formats.number(nOf(journey, opened.marks)), false)
  return (
    <Drawer title={title} label={title} close={close}>
      <TouchList {...props} marks={opened.marks} />
    </Drawer>
  )
}

const nOf = (journey: Journey, marks: readonly number[]) =>
  marks.reduce((sum, mark) => sum + (journey.n[mark] ?? 0), 0)

const mostListed = 100

function TouchList({ marks, journey, tell, slots, open }: TouchDrawerProps & { marks: readonly number[] }) {
  const [most, setMost] = useState(mostListed)
  return (
    <ol class="touch-list">
      {marks.slice(0, most).map((mark) => {
        const channel = journey.channel[mark] ?? 0
        return (
          <li key={mark}>
            <Time at={journey.at[mark]} />
            <button type="button" class="plain cut" onClick={() => open({ is: 'touch', mark })}>
              {journey.isFolded
                ? tell.t.touches(tell.formats.number(journey.n[mark] ?? 0), false)
                : tell.touch(mark)}
            </button>
            <span class="muted cut">{tell.person(journey.person[mark] ?? 0)}</span>
            <Channel name={journey.channels[channel] ?? ''} slot={slots[channel] ?? 0} />
          </li>
        )
      })}
      {marks.length > most && (
        <li>
          <button type="button" onClick={() => setMost(most + mostListed)}>
            +{tell.formats.number(marks.length - most)}
          </button>
        </li>
      )}
    </ol>
  )
}

function Facts({ mark, journey, tell, slots }: TouchDrawerProps & { mark: number }) {
  const { t } = tell
  const channel = journey.channel[mark] ?? 0
  const person = journey.person[mark] ?? 0
  return (
    <dl class="pairs">
      <dt>{t.person}</dt>
      <dd>
        <Link href={hrefOf(`/people/${encodeURIComponent(journey.people[person]?.id ?? '')}`)}>
          {tell.person(person)}
        </Link>
      </dd>
      <dt>{t.time}</dt>
      <dd>
        <Time at={journey.at[mark]} />
      </dd>
      <dt>{t.kind}</dt>
      <dd>{tell.kind(mark) || '–'}</dd>
      <dt>{t.channel}</dt>
      <dd>
        <Channel name={journey.channels[channel] ?? ''} slot={slots[channel] ?? 0} />
      </dd>
    </dl>
  )
}

/** The map holds only what it draws; the rest is asked for when somebody wants to know. */
function OneTouch(props: TouchDrawerProps & { mark: number }) {
  const { mark, journey } = props
  const at = journey.at[mark] ?? 0
  const person = journey.people[journey.person[mark] ?? -1]?.id ?? ''
  const timeline = useResource(
    endpoints.personTimeline(person, {
      from: new Date(at).toISOString(),
      to: new Date(at + 1).toISOString(),
      order: 'asc',
      limit: 50,
    }),
  )
  const w = useWords(touchWords)
  return (
    <>
      <Facts {...props} />
      <Answer of={timeline}>
        {(data) => {
          const found = touchAt(data, journey, mark)
          return found === undefined ? (
            <p class="muted">{w.notFound}</p>
          ) : (
            <TouchDetail touch={found} person={person} />
          )
        }}
      </Answer>
    </>
  )
}

function touchAt(
  { touchpoints = [] }: PersonTimeline,
  journey: Journey,
  mark: number,
): Touchpoint | undefined {
  const id = journey.ids?.[mark]
  const kind = journey.kinds[journey.kind[mark] ?? 0]
  const name = journey.names[journey.name[mark] ?? 0]
  return (
    touchpoints.find(({ messageIds }) => id !== undefined && messageIds.includes(id)) ??
    touchpoints.find((one) => one.kind === kind && one.name === name) ??
    touchpoints.find((one) => one.kind === kind)
  )
}
