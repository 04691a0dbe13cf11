/**
 * Message and visitor ids: UUIDv7. The time in front lets ids sort as they were made, so that an entry which another
 * page left behind is as old as its id.
 */

/** Ids must differ, and be nobody's guess; they are no secrets, for every page can read its own. 72 bits are random. */
export const newId = (timeMs: number): string => {
  // Twelve digits of time from 2004 to 2527, then random ones. The variant is always 8.
  const time = '0' + timeMs.toString(16)
  let digit = 0
  return '________-____-7___-8___-____________'.replace(
    /_/g,
    () => time[digit++] || ((Math.random() * 16) | 0).toString(16),
  )
}

/**
 * What broken page code passes in place of an id. The server refuses more than these; here they only must not
 * become the current user, or the next real id would look like a second person.
 */
const nobody = /^(undefined|null|NaN|\[object.*|[0\s-]*)$/

/** The id as text, empty where it names nobody. */
export const idFrom = (value: unknown): string => String(value).replace(nobody, '')
