/** An id as callers give it, and as the text that an event holds. */

/** A number is written as its text. Numbers beyond 2^53 are no ids: give those as text or BigInt. */
export type Id = string | number | bigint

export const isGiven = (id: unknown): boolean =>
  typeof id === 'string'
    ? id.trim() !== ''
    : typeof id === 'bigint' || (typeof id === 'number' && Number.isFinite(id))

/**
 * True for a number that JavaScript may have rounded when it read it: two ids from a database or from JSON may have
 * become the same one here, and their text would join two people.
 */
export const isRounded = (id: unknown): id is number =>
  typeof id === 'number' && Number.isFinite(id) && Math.abs(id) > Number.MAX_SAFE_INTEGER

/** The id's text; undefined for a number that names nobody. Other values (an ObjectId) are left to their toJSON. */
export function textOf(id: Id | undefined): string | undefined {
  if (typeof id === 'number') return Number.isFinite(id) && !isRounded(id) ? String(id) : undefined
  return typeof id === 'bigint' ? String(id) : (id ?? undefined)
}
