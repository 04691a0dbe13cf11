import { useMemo, useState } from 'preact/hooks'
import { useResource } from '../../api/resource.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { SubjectLink } from '../../parts/behind.js'
import { nameOfIdentifier } from '../../parts/names.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { EventOpener } from '../../parts/touch-detail.js'
import { setQuery } from '../../url/url.js'
import { eventsOf, type Merge } from './queries.js'
import { Separate } from './separate.js'
import { stripsOf, type Strips } from './strips.js'
import { words } from './words.js'

interface MergeProps {
  merge: Merge
  isOpen: boolean
  done: () => void
}

const keyOf = ({ person, identifier }: Merge) => `${person} ${identifier}`
export { keyOf as keyOfMerge }

/** One claim, and what it joined. */
export function MergeItem({ merge, isOpen, done }: MergeProps) {
  const t = useWords(words)
  const [isSeparating, setIsSeparating] = useState(false)
  const { identifier, person, verified } = merge
  return (
    <li class="merge">
      <div class="merge-head">
        <Time at={merge.at} />
        <span class="said">
          <strong title={displayText(identifier)}>
            {displayText(identifier.replace(/^(user|email):/, ''), 48)}
          </strong>{' '}
          <span class="muted">{t.became}</span> <SubjectLink id={person} subject="person" />
        </span>
        <span class={verified ? 'tag tag--green' : 'tag'}>{verified ? t.verified : t.claimed}</span>
        <span class="end merge-acts">
          <button
            type="button"
            class="plain"
            aria-expanded={isOpen}
            onClick={() => setQuery({ open: isOpen ? null : keyOf(merge) })}
          >
            <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {t.why}
          </button>
          <button type="button" onClick={() => setIsSeparating(true)}>
            {t.separate}
          </button>
        </span>
      </div>
      {isOpen && <Claim merge={merge} />}
      {isSeparating && (
        <Separate person={person} identifier={identifier} done={done} close={() => setIsSeparating(false)} />
      )}
    </li>
  )
}

function Claim({ merge }: { merge: Merge }) {
  const t = useWords(words)
  const answer = useResource(eventsOf(merge.person))
  const { identifier, at } = merge
  const strips = useMemo(
    () =>
      answer.data === undefined ? undefined : stripsOf(answer.data.events ?? [], identifier, Date.parse(at)),
    [answer.data, identifier, at],
  )
  return (
    <div class="merge-body">
      <Answer of={answer}>{() => strips && <Picture strips={strips} merge={merge} />}</Answer>
      <dl class="pairs">
        <dt>{t.rule}</dt>
        <dd>
          {displayText(merge.rule, 20)} · {displayText(merge.meaning, 300)}
        </dd>
        <dt>{t.claim}</dt>
        <dd class="said">
          {displayText(merge.identifier, 80)} ↔ {displayText(merge.other, 80)}
        </dd>
        <dt>{t.message}</dt>
        <dd>
          <EventOpener messageId={merge.because} />
        </dd>
      </dl>
    </div>
  )
}

const [width, high, middle, low] = [1_000, 18, 40, 62]

/** Dots are events; where the two lines meet is the claim. */
function Picture({ strips, merge }: { strips: Strips; merge: Merge }) {
  const t = useWords(words)
  const formats = useFormats()
  const { from, to, at, own, theirs, together } = strips
  const x = (time: number) => ((time - from) / (to - from)) * width
  const joint = x(at)
  const bend = Math.min(40, joint / 2)
  const [a, b] = [nameOfIdentifier(merge.identifier), nameOfIdentifier(merge.person)]
  return (
    <figure class="strips">
      <svg
        viewBox={`0 0 ${width} 80`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t.strips(displayText(a, 40), displayText(merge.other, 40), displayText(b, 40))}
      >
        <path
          class="strip-line strip-line--own"
          d={`M0 ${high}H${joint - bend}Q${joint} ${high} ${joint} ${middle}`}
        />
        <path
          class="strip-line"
          d={`M0 ${low}H${joint - bend}Q${joint} ${low} ${joint} ${middle}H${width}`}
        />
        {own.map((time, index) => (
          <Dot key={`o${index}`} x={x(time)} y={high} isOwn />
        ))}
        {theirs.map((time, index) => (
          <Dot key={`t${index}`} x={x(time)} y={low} />
        ))}
        {together.map((time, index) => (
          <Dot key={`b${index}`} x={x(time)} y={middle} />
        ))}
      </svg>
      <figcaption class="small muted">
        <span>
          <span class="strip-key strip-key--own" /> {displayText(a, 60)} · {t.before} ·{' '}
          {t.events(formats.number(own.length))}
        </span>
        <span>
          <span class="strip-key" /> {displayText(b, 60)} · {t.before} ·{' '}
          {t.events(formats.number(theirs.length))}
        </span>
        <span class="end">{formats.moment(at)}</span>
      </figcaption>
    </figure>
  )
}

/** A short upright stroke: the picture is stretched, in which a circle would be none. */
function Dot({ x, y, isOwn = false }: { x: number; y: number; isOwn?: boolean }) {
  return <path class={isOwn ? 'strip-dot strip-dot--own' : 'strip-dot'} d={`M${x} ${y - 6}V${y + 6}`} />
}
