/** What is shown of values as sent: nothing that only says "nothing", at any depth. What is stored keeps it. */
import { wordsForNothing } from '@touchline/schemas'
import { isExactNumber, parseExact } from '../exact-json.js'

const nothing: ReadonlySet<string> = new Set(wordsForNothing)

/** True for `""`, `null`, `"N/A"`, `"undefined"` and their like. */
export const isNullLike = (value: unknown) =>
  value === null ||
  value === undefined ||
  (typeof value === 'string' && nothing.has(value.trim().toLowerCase()))

type Members = Record<string, unknown>

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value)

/** The object in JSON text without null-like values. Text that is no object gives an empty one. */
export function objectWithoutNullLike(json: string | undefined): Members {
  if (json === undefined || json === '') return {}
  const value = parseExact(json)
  return isObject(value) ? membersWithoutNullLike(value) : {}
}

/** The value without null-like ones in it; undefined where it is one, or where nothing else was in it. */
export function withoutNullLike(value: unknown): unknown {
  if (isNullLike(value)) return undefined
  if (Array.isArray(value)) {
    const kept = value.map(withoutNullLike).filter((item) => item !== undefined)
    return kept.length === 0 && value.length > 0 ? undefined : kept
  }
  if (!isObject(value)) return value
  const kept = membersWithoutNullLike(value)
  return Object.keys(kept).length === 0 && Object.keys(value).length > 0 ? undefined : kept
}

function membersWithoutNullLike(members: Members): Members {
  const kept: [string, unknown][] = []
  for (const [name, member] of Object.entries(members)) {
    const value = withoutNullLike(member)
    if (value !== undefined) kept.push([name, value])
  }
  return Object.fromEntries(kept)
}

/** As sent, nothing left out. */
export function storedObject(json: string): Members {
  const value = json === '' ? {} : parseExact(json)
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}
