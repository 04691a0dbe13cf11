import { useState } from 'preact/hooks'
import type { JourneyMap } from '@touchline/schemas/api'
import { endpoints, type PersonProfile } from '../../api/endpoints.js'
import { useResource } from '../../api/resource.js'
import { useReady } from '../../frame/ready.js'
import { useFormats } from '../../i18n/formats.js'
import { useWords } from '../../i18n/dictionary.js'
import { JourneyMapView } from '../../map/journey-map.js'
import { useMapAnswer } from '../../map/use-map-answer.js'
import { Answer } from '../../parts/answer.js'
import { nameOfPerson } from '../../parts/names.js'
import { displayText } from '../../parts/text.js'
import { Link } from '../../url/link.js'
import { rangeParameters, useRange } from '../../url/range.js'
import { hrefOf } from '../../url/url.js'
import type { ScreenProps } from '../screen.js'
import { Erase } from './erase.js'
import { Identity } from './identity.js'
import './person.css'
import { Timeline } from './timeline.js'
import { words } from './words.js'

/** S3: who is this, where from, what next, since when silent? */
export default function Person({ params: { id = '' } }: ScreenProps) {
  const range = useRange('all')
  const parameters = rangeParameters(range)
  const profile = useResource(endpoints.person(id))
  const whole = useResource(endpoints.personMap(id, parameters))
  const map = useMapAnswer(whole, (window) => endpoints.personMap(id, window))
  useReady(
    profile.data !== undefined && !profile.isOld && (map.data !== undefined || map.error !== undefined),
  )
  return (
    <Answer of={profile}>
      {(person) => (
        <>
          <Head person={person} answer={map.data} />
          <Answer of={map}>
            {(answer) => (
              <JourneyMapView
                answer={answer}
                overview={whole.data}
                title={displayText(nameOf(person))}
                isOld={map.isOld}
                isStrip
              />
            )}
          </Answer>
          <div class="person-columns">
            <Timeline id={id} answer={map.data} parameters={parameters} />
            <Identity person={person} />
          </div>
        </>
      )}
    </Answer>
  )
}

const nameOf = ({ id, traits }: PersonProfile) =>
  nameOfPerson(id, Object.fromEntries(traits.map(({ name, value }) => [name, value])))

function Head({ person, answer }: { person: PersonProfile; answer: JourneyMap | undefined }) {
  const t = useWords(words)
  const [isErasing, setIsErasing] = useState(false)
  const traits = new Map(person.traits.map(({ name, value }) => [name, value]))
  const title = ['title', 'role', 'position']
    .map((name) => traits.get(name))
    .find((value) => typeof value === 'string')
  const current = person.accounts.filter(({ to }) => to === null).map(({ account }) => account)
  const name = nameOf(person)
  return (
    <header class="account-head">
      <div class="head">
        <h1 class="said">{displayText(name)}</h1>
        <span class="muted said">{displayText(person.id, 80)}</span>
        {title !== undefined && <span>{displayText(title, 60)}</span>}
        {[...new Set(current)].slice(0, 5).map((account) => (
          <Link key={account} href={hrefOf(`/accounts/${encodeURIComponent(account)}`)}>
            {displayText(account, 60)}
          </Link>
        ))}
        <span class="buttons end no-print">
          <a class="button" download href={`/v1/people/${encodeURIComponent(person.id)}/export`}>
            {t.export}
          </a>
          <button type="button" class="danger" onClick={() => setIsErasing(true)}>
            {t.erase}
          </button>
        </span>
      </div>
      {answer !== undefined && <Facts answer={answer} />}
      {isErasing && <Erase id={person.id} name={displayText(name, 60)} close={() => setIsErasing(false)} />}
    </header>
  )
}

function Facts({ answer }: { answer: JourneyMap }) {
  const t = useWords(words)
  const formats = useFormats()
  const [person] = answer.people
  const { account } = answer
  const { first = null, last = null, anonymousUntil = null } = person ?? {}
  const channel = firstChannel(answer)
  return (
    <p class="facts">
      {first !== null && (
        <span>
          {channel === ''
            ? t.firstDay(formats.date(first))
            : t.first(formats.date(first), displayText(channel, 40))}
        </span>
      )}
      <span>{t.touches(formats.number(account.touches), account.touches === 1)}</span>
      <span>{t.channels(formats.number(account.channels), account.channels === 1)}</span>
      {anonymousUntil === null ? (
        <span>{t.neverKnown}</span>
      ) : (
        first !== null &&
        anonymousUntil > first && <span>{t.anonymousUntil(formats.date(anonymousUntil))}</span>
      )}
      {last !== null && <strong>{t.silent(formats.span(Math.max(0, answer.asOf - last)))}</strong>}
    </p>
  )
}

function firstChannel({ touches, channels }: JourneyMap): string {
  const index = touches?.ch.find((one) => (channels[one] ?? '') !== '')
  return index === undefined ? '' : (channels[index] ?? '')
}
