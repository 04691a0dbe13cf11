/**
 * JSON whose numbers stay as they were sent: `12345678901234567890`, `1e400` and digits beyond a double's are kept as
 * text where JSON.parse would round them. Everything that shows or keeps what a client sent parses and writes here.
 *
 * Nearly no text holds such a number, so one look decides; all others take JSON.parse's way at its speed.
 */
import { isSafeNumber, parse } from 'lossless-json'
import { randomUUID } from 'node:crypto'

const written = Symbol('number as written')

/** A number that no double holds. `stringifyExact` writes it as one; JSON.stringify would write text. */
export interface ExactNumber {
  readonly [written]: string
  readonly toJSON: () => string
}

// Nobody can send it, so no text of a client is taken for a number.
const mark = `number ${randomUUID()} `
const marked = new RegExp(`"${mark}([^"]*)"`, 'g')

const exactNumber = (text: string): ExactNumber => ({ [written]: text, toJSON: () => mark + text })

export const isExactNumber = (value: unknown): value is ExactNumber =>
  typeof value === 'object' && value !== null && written in value

/** A number's text as it was sent. */
export const textOfNumber = (number: ExactNumber): string => number[written]

// 16 digits are where doubles end; an exponent of three digits may be beyond 308. After a sign of structure or a blank:
// digits in text that is quoted are none of our business.
const perhapsInexact = /[:,[\s](-?\d(?:[\d.]{15}|[\d.]*[eE][+-]?\d{3})[\d.eE+-]*)/g
const isNumberAlone = /^-?[\d.]/

/**
 * True where JSON.parse might round a number of this JSON text. What a double itself is written as has 17 digits as well
 * (`0.30000000000000004`, a third of a day), so each long number is looked at.
 */
export function mayBeInexact(json: string): boolean {
  if (isNumberAlone.test(json)) return true
  for (const [, number = ''] of json.matchAll(perhapsInexact)) if (!isSafeNumber(number)) return true
  return false
}

const options = {
  parseNumber: (text: string): unknown => (isSafeNumber(text) ? Number(text) : exactNumber(text)),
  onDuplicateKey: ({ newValue }: { newValue: unknown }) => newValue,
}

/** What the JSON text says. Throws SyntaxError as JSON.parse does. */
export function parseExact(json: string): unknown {
  if (!mayBeInexact(json)) return JSON.parse(json)
  try {
    return parse(json, undefined, options)
  } catch {
    // It keeps a stack, and is stricter about characters; what JSON.parse takes is taken, rounded.
    return JSON.parse(json)
  }
}

/** As JSON.stringify, with exact numbers as they were written. */
export const stringifyExact = (value: unknown): string => writtenExactly(JSON.stringify(value))

/** What JSON.stringify made, with exact numbers as they were written. */
export const writtenExactly = (json: string): string =>
  json.includes(mark) ? json.replace(marked, '$1') : json

/**
 * `value` with the numbers that one of `sources` says exactly at the same place. For what was parsed by JSON.parse and
 * changed since (merged, cut), with the texts that it came from, the nearest first.
 */
export function withExactNumbers(value: unknown, sources: readonly unknown[]): unknown {
  if (typeof value === 'number') return sources.find((source) => isSame(value, source)) ?? value
  if (typeof value !== 'object' || value === null) return value
  const known = sources.filter((source) => typeof source === 'object' && source !== null)
  if (known.length === 0) return value
  if (Array.isArray(value))
    return value.map((item, index) =>
      withExactNumbers(
        item,
        known.map((source) => memberOf(source, String(index))),
      ),
    )
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      withExactNumbers(
        member,
        known.map((source) => memberOf(source, name)),
      ),
    ]),
  )
}

const isSame = (value: number, source: unknown) =>
  isExactNumber(source) && Object.is(Number(source[written]), value)

const memberOf = (source: unknown, name: string): unknown =>
  Object.hasOwn(source as object, name) ? (source as Record<string, unknown>)[name] : undefined
