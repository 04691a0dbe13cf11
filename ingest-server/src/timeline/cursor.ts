/**
 * Where a page ended, as opaque text. It names a position and not a number of items, so what arrives between
 * two pages neither repeats nor hides anything.
 *
 *     cursor = base64url(JSON [at, key, windowMs])
 */
import { z } from 'zod'
import { TouchlineError } from '../errors.js'

export interface Position {
  /** Milliseconds since 1970. */
  at: number
  /** Orders what happened in the same millisecond. */
  key: string
  /** This timeline was found too large to be read whole; a page of it is about so long. */
  windowMs?: number | undefined
}

/** Times that a DateTime64 of ClickHouse can be: from 1900 to 2299. Others name no place of a timeline. */
const [earliestMs, latestMs] = [Date.UTC(1900, 0), Date.UTC(2300, 0) - 1]
const shape = z.tuple([
  z.number().int().min(earliestMs).max(latestMs),
  z.string(),
  z
    .number()
    .positive()
    .max(latestMs - earliestMs)
    .nullable(),
])

export function toCursor({ at, key, windowMs }: Position): string {
  return Buffer.from(JSON.stringify([at, key, windowMs ?? null])).toString('base64url')
}

export function fromCursor(cursor: string): Position {
  try {
    const [at, key, windowMs] = shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    return { at, key, windowMs: windowMs ?? undefined }
  } catch (cause) {
    throw new TouchlineError('QUERY_INVALID', 'The cursor is not one that this server made.', { cause })
  }
}
