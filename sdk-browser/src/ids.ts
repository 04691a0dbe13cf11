/**
 * Message and visitor ids: UUIDv7. The time in front lets ids sort as they were made, and tells the age of an entry
 * that another page left behind.
 */

export function newId(timeMs: number): string {
  // Twelve digits of time from 2004 to 2527, then random ones. The variant is always 8.
  const time = '0' + timeMs.toString(16)
  const random = crypto.getRandomValues(new Uint8Array(36))
  let digit = 0
  return '________-____-7___-8___-____________'.replace(
    /_/g,
    (_, position: number) => time[digit++] || ((random[position] as number) & 15).toString(16),
  )
}

/** When an id was made, in milliseconds: parsing ends at the second dash. */
export const timeOf = (id: string): number => parseInt(id.replace('-', ''), 16)

/**
 * What broken page code passes in place of an id. The server refuses more than these; here they only must not
 * become the current user, or the next real id would look like a second person.
 */
const nobody = /^(undefined|null|nan|\[object.*|[0\s-]*)$/i

/** The id as text, empty where it names nobody. */
export const idFrom = (value: unknown): string => (nobody.test(`${value}`) ? '' : `${value}`)
