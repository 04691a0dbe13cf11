import { useLayoutEffect, useRef } from 'preact/hooks'
import { Channel } from '../../parts/channels.js'
import type { Hit } from '../layout/hit.js'
import type { Journey } from '../journey/journey.js'
import type { GapBox, Flag, LaneBox, Band } from '../layout/scene.js'
import type { Tell } from '../tell.js'

/** What is under the pointer. */
export type Under =
  | { is: 'touches'; hit: Hit; lane: LaneBox }
  | { is: 'gap'; gap: GapBox }
  | { is: 'flag'; flag: Flag }
  | { is: 'band'; band: Band }

interface HoverCardProps {
  under: Under
  /** In pixels of the canvas. */
  at: { x: number; y: number }
  journey: Journey
  tell: Tell
  slots: readonly number[]
}

const awayPx = 14

/** For the pointer alone; the keys have the status line, which says the same. */
export function HoverCard({ under, at, journey, tell, slots }: HoverCardProps) {
  const card = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = card.current
    const frame = element?.parentElement
    if (!element || !frame) return
    const isRight = at.x + awayPx + element.offsetWidth < frame.clientWidth
    const x = isRight ? at.x + awayPx : Math.max(0, at.x - awayPx - element.offsetWidth)
    const y = Math.max(0, Math.min(at.y + awayPx, frame.clientHeight - element.offsetHeight))
    element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`
  })
  return (
    <div class="hover-card" ref={card} aria-hidden="true">
      <CardText under={under} journey={journey} tell={tell} slots={slots} />
    </div>
  )
}

function CardText({ under, journey, tell, slots }: Omit<HoverCardProps, 'at'>) {
  const { t, formats } = tell
  if (under.is === 'flag') {
    const { milestone } = under.flag
    return (
      <>
        <strong>{tell.text.flag(milestone)}</strong>
        <span class="muted">{formats.moment(milestone.at)}</span>
      </>
    )
  }
  if (under.is === 'gap') {
    const { gap } = under.gap
    return (
      <>
        <strong>{tell.gap(gap)}</strong>
        <span class="muted">{t.windowOf(formats.date(gap.from), formats.date(gap.to ?? journey.asOf))}</span>
      </>
    )
  }
  if (under.is === 'band')
    return (
      <>
        <strong>{under.band.name}</strong>
        <span class="muted">{t.windowOf(formats.date(under.band.from), formats.date(under.band.to))}</span>
      </>
    )
  return <TouchesCard hit={under.hit} lane={under.lane} journey={journey} tell={tell} slots={slots} />
}

interface TouchesCardProps extends Omit<HoverCardProps, 'at' | 'under'> {
  hit: Hit
  lane: LaneBox
}
const mostListed = 5

function TouchesCard({ hit, lane, journey, tell, slots }: TouchesCardProps) {
  const { t, formats } = tell
  const who = lane.lane.kind === 'person' ? tell.person(lane.lane.people[0] ?? 0) : laneName(lane, tell)
  const [only] = hit.marks
  if (hit.n === 1 && only !== undefined)
    return (
      <>
        <strong>{tell.touch(only)}</strong>
        <span>
          {tell.kind(only)} · <ChannelOf mark={only} journey={journey} tell={tell} slots={slots} />
        </span>
        <span class="muted">
          {who} · {formats.moment(journey.at[only] ?? 0)}
        </span>
      </>
    )
  return (
    <>
      <strong>{t.touches(formats.number(hit.n), false)}</strong>
      {hit.channel >= 0 && hit.channel < journey.channels.length && (
        <Channel name={tell.channel(hit.channel)} slot={slots[hit.channel] ?? 0} />
      )}
      {hit.marks.slice(0, mostListed).map((mark) => (
        <span key={mark}>
          {formats.day(journey.at[mark] ?? 0)} · {tell.touch(mark)}
        </span>
      ))}
      <span class="muted">{who}</span>
    </>
  )
}

function ChannelOf({ mark, journey, tell, slots }: { mark: number } & Omit<HoverCardProps, 'at' | 'under'>) {
  const channel = journey.channel[mark] ?? 0
  return <Channel name={tell.channel(channel)} slot={slots[channel] ?? 0} />
}

export const laneName = ({ lane }: LaneBox, { t, formats }: Tell): string =>
  lane.kind === 'others' ? t.others(formats.number(lane.people.length)) : lane.name || t.noGroup
