/**
 * Where a page ended, as opaque text. It names a position and not a number of items, so what arrives between
 * two pages neither repeats nor hides anything.
 *
 *     cursor = base64url(JSON [at, key, isLarge])
 */
import { z } from 'zod'
import { TouchlineError } from '../errors.js'

export interface Position {
  /** Milliseconds since 1970. */
  at: number
  /** Orders what happened in the same millisecond. */
  key: string
  /** This timeline was found too large to be read whole, so the next page need not try. */
  isLarge?: boolean | undefined
}

const shape = z.tuple([z.number().int(), z.string(), z.boolean()])

export function toCursor({ at, key, isLarge }: Position): string {
  return Buffer.from(JSON.stringify([at, key, isLarge ?? false])).toString('base64url')
}

export function fromCursor(cursor: string): Position {
  try {
    const [at, key, isLarge] = shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    return { at, key, isLarge }
  } catch (cause) {
    throw new TouchlineError('QUERY_INVALID', 'The cursor is not one that this server made.', { cause })
  }
}
