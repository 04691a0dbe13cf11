/** How deep a document goes, looked at before anything that calls itself (zod, JSON.stringify, the compiler) walks it. Pure. */
import type { Path } from '../walk.js'

/** `all`, `any` and `not` within one another. ClickHouse refuses some 100 nested subqueries; nobody reads twenty. */
const deepestCondition = 20
/** Objects and lists within one another: a condition of a program's branch takes 45, the rest is for bodies of webhooks. */
const deepestJson = 100

interface Place {
  value: unknown
  key: string | number
  parent: Place | undefined
  depth: number
  /** So many of `all`, `any` and `not` in a row lead here. */
  conditions: number
}

/** The first place that is too deep, and why; undefined: none is. Keeps a list of its own: a body may have 100,000 levels. */
export function tooDeep(value: unknown): { path: Path; message: string } | undefined {
  const open: Place[] = [{ value, key: '', parent: undefined, depth: 0, conditions: 0 }]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (typeof place.value !== 'object' || place.value === null) continue
    if (place.conditions > deepestCondition)
      return {
        path: pathOf(place),
        message: `all, any and not stand in one another ${deepestCondition} deep at most`,
      }
    if (place.depth > deepestJson)
      return { path: pathOf(place), message: `stands deeper than ${deepestJson} objects and lists` }
    for (const one of inside(place)) open.push(one)
  }
  return undefined
}

function inside(parent: Place): Place[] {
  const depth = parent.depth + 1
  if (Array.isArray(parent.value))
    return parent.value.map((value: unknown, key) => ({
      ...{ value, key, parent, depth, conditions: parent.conditions },
    }))
  return Object.entries(parent.value as object).map(([key, value]: [string, unknown]) => ({
    ...{ value, key, parent, depth },
    conditions: combining.has(key) ? parent.conditions + 1 : 0,
  }))
}

const combining = new Set(['all', 'any', 'not'])

function pathOf(place: Place): Path {
  const path: (string | number)[] = []
  for (let at = place; at.parent !== undefined; at = at.parent) path.unshift(at.key)
  return path
}
