/**
 * Message and visitor ids: the time in front, so that ids sort as they were made and an entry which another page left
 * behind is as old as its id; then chance.
 */

let made = 0

/**
 * 10 digits of base 36 for the time (until 2085), in steps of a microsecond, of which each id of a page takes another;
 * then 52 random bits. Ids must differ, and be nobody's guess; they are no secrets, for every page can read its own.
 */
export const newId = (timeMs: number): string =>
  (timeMs * 1_000 + made++).toString(36) + Math.random().toString(36).slice(2)

/**
 * What broken page code passes in place of an id. The server refuses more than these; here they only must not
 * become the current user, or the next real id would look like a second person.
 */
const nobody = /^(undefined|null|NaN|\[object.*|[0\s-]*)$/

/** The id as text, empty where it names nobody. A number that JavaScript has rounded already may be another's id: it is refused. */
export const idFrom = (value: unknown): string => {
  const text = String(value)
  if (value === +text && value % 2 ** 53 !== value) throw Error(text)
  return text.replace(nobody, '')
}
