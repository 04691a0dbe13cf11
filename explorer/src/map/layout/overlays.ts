/** What lies around the touches: stages as bands, silence, milestones as flags, and a hairline a lane. */
import type { Journey } from '../journey/journey.js'
import type { Band, Flag, GapBox, Hairline, LaneBox, View } from './scene.js'

const leastGapPx = 3
const labelPadPx = 12
const flagPadPx = 8
const mostFlagRows = 3
const becameFromLanePx = 36

const clamp = (x: number, width: number) => Math.min(Math.max(x, 0), width)

export function bandsOf({ stages, asOf, to }: Journey, view: View, scale: number): Band[] {
  return stages.flatMap((stage, index): Band[] => {
    const until = stage.to ?? Math.max(asOf, to)
    if (until <= view.from || stage.from >= view.to) return []
    const x = clamp((stage.from - view.from) * scale, view.width)
    const width = clamp((until - view.from) * scale, view.width) - x
    return width <= 0
      ? []
      : [{ x, width, name: stage.name, isOdd: index % 2 === 1, from: stage.from, to: until }]
  })
}

/** Each silence once: where for most of it nobody at all spoke, that is what is said, not that they did not. */
export function gapsOf({ gaps, asOf, to }: Journey, view: View, scale: number): GapBox[] {
  const now = Math.max(asOf, to)
  const complete = gaps.filter(({ direction }) => direction === 'any')
  const shared = (a: Journey['gaps'][number], b: Journey['gaps'][number]) =>
    Math.max(0, Math.min(a.to ?? now, b.to ?? now) - Math.max(a.from, b.from))
  const isTold = (gap: Journey['gaps'][number]) =>
    complete.reduce((sum, one) => sum + shared(gap, one), 0) > ((gap.to ?? now) - gap.from) / 2
  return gaps
    .filter((gap) => gap.direction === 'any' || !isTold(gap))
    .flatMap((gap): GapBox[] => {
      const x = clamp((gap.from - view.from) * scale, view.width)
      const width = clamp(((gap.to ?? now) - view.from) * scale, view.width) - x
      if (width < leastGapPx) return []
      const isCrossed = gap.direction === 'inbound' && complete.some((one) => shared(gap, one) > 0)
      return [{ x, width, gap, label: isCrossed ? '' : gapLabel(gap, width, view) }]
    })
}

function gapLabel(gap: Journey['gaps'][number], width: number, { text }: View): string {
  return text.gap(gap).find((words) => text.measure(words) + labelPadPx <= width) ?? ''
}

/** In up to three rows; what finds no room in them keeps its pole, and its words are on the hover card. */
export function flagsOf({ milestones }: Journey, view: View, scale: number): Flag[] {
  const ends: number[] = []
  return milestones
    .filter(({ at }) => at >= view.from && at < view.to)
    .sort((a, b) => a.at - b.at)
    .map((milestone): Flag => {
      const x = (milestone.at - view.from) * scale
      const text = view.text.flag(milestone)
      const boxWidth = view.text.measure(text, true) + flagPadPx * 2
      const boxX = Math.max(0, Math.min(x, view.width - boxWidth))
      const row = [...Array(mostFlagRows).keys()].find((one) => (ends[one] ?? -1) < boxX)
      if (row === undefined || boxWidth > view.width)
        return { x, row: 0, boxX: x, boxWidth: 0, text: '', milestone }
      ends[row] = boxX + boxWidth + 4
      return { x, row, boxX, boxWidth, text, milestone }
    })
}

export function hairlinesOf(
  { people, asOf }: Journey,
  view: View,
  scale: number,
  lanes: readonly LaneBox[],
): Hairline[] {
  const xOf = (at: number) => (at - view.from) * scale
  const within = (at: number) => at >= view.from && at < view.to
  return lanes.flatMap(({ lane, height, detail }, index): Hairline[] => {
    const person = lane.kind === 'person' ? people[lane.people[0] ?? -1] : undefined
    if (person === undefined || person.first === null || person.last === null || detail === 'heat') return []
    const until = Math.min(person.last, asOf)
    if (person.first >= view.to || until < view.from) return []
    const { anonymousUntil } = person
    const hasTurned = anonymousUntil !== null && anonymousUntil > person.first
    const label =
      hasTurned && within(anonymousUntil) && height >= becameFromLanePx ? view.text.became(person) : ''
    return [
      {
        lane: index,
        from: clamp(xOf(person.first), view.width),
        to: clamp(xOf(until), view.width),
        known: hasTurned ? clamp(xOf(anonymousUntil), view.width) : null,
        isKnown: anonymousUntil !== null,
        label:
          label !== '' && xOf(anonymousUntil ?? 0) + view.text.measure(label) + 8 < view.width ? label : '',
        joins: person.spans.flatMap(([from]) =>
          within(from) && from > (person.first ?? from) ? [xOf(from)] : [],
        ),
        leaves: person.spans.flatMap(([, to]) => (to !== null && within(to) ? [xOf(to)] : [])),
        stages: person.stages.flatMap(([stage, at]) => (within(at) ? [{ x: xOf(at), stage }] : [])),
      },
    ]
  })
}
