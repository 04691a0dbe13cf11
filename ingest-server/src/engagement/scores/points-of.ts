/** The points of a score's rules at a time, as evaluate.ts has them and without its reasons: for many subjects one after the other. */
import { durationMs, type ScoreBody } from '@touchline/schemas/api'
import type { SpanLists } from './evaluate.js'

export interface Points {
  fit: number
  behaviour: number
  total: number
  /** Of each rule, then what the cap of each group took off. */
  points: number[]
}

export function openPoints({ rules, groups = {} }: ScoreBody): (spans: SpanLists, t: number) => Points {
  const ready = rules.map(({ halfLife, cap = Infinity, floor = -Infinity, points }) => ({
    ...{ points, cap, floor },
    halfLifeMs: halfLife === undefined ? undefined : durationMs(halfLife),
  }))
  const capped = [...new Set(rules.map(({ group }) => group))].flatMap((group) => {
    const cap = groups[group]?.cap
    const places = rules.flatMap((rule, place) => (rule.group === group ? [place] : []))
    return cap === undefined ? [] : [{ group, cap, places }]
  })
  const isFit = [...rules, ...capped].map(({ group }) => group === 'fit')
  return (spans, t) => {
    const points = ready.map(({ points: each, halfLifeMs, cap, floor }, place) => {
      let sum = 0
      for (const [from, to] of spans[place] ?? [])
        if (t >= from && t < to)
          sum += halfLifeMs === undefined ? each : each * 2 ** (-(t - from) / halfLifeMs)
      return Math.max(floor, Math.min(cap, sum))
    })
    for (const { cap, places } of capped) {
      let sum = 0
      for (const place of places) sum += points[place] ?? 0
      points.push(Math.min(0, cap - sum))
    }
    const found: Points = { fit: 0, behaviour: 0, total: 0, points }
    for (const [place, one] of points.entries()) {
      found[isFit[place] === true ? 'fit' : 'behaviour'] += one
      found.total += one
    }
    return found
  }
}
