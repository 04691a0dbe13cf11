/** Takes an erased person's name out of somebody else's event: the event stays that person's, with the name gone. */
import { isExactNumber } from '../exact-json.js'
import { patternOf } from './addresses-in-text.js'
import type { EventRow } from './event-row.js'
import { addressesOf, textColumns, userTextsOf, type Judge, type Verdict } from './tombstones.js'

export const erasedText = '[erased]'

/** A row as it stands in a line: columns that hold their default may be missing. */
export type StoredRow = Partial<EventRow> & Pick<EventRow, 'subject' | 'occurred_at'>

/** What `judge` says of a row, by both of its times. */
export const verdictOfRow = (row: StoredRow, judge: Judge): Verdict =>
  judge.verdictOf(row, Date.parse(row.occurred_at), Date.parse(row.received_at ?? ''))

/** The row without the identifiers that `judge` calls erased, in its columns, its facts and the texts that were sent. */
export function scrub(row: StoredRow, judge: Judge): StoredRow {
  const atMs = Date.parse(row.occurred_at)
  const receivedAtMs = Date.parse(row.received_at ?? '')
  const isGone = (identifier: string) => judge.isErased(identifier, atMs, receivedAtMs)
  const isEmailGone = row.email !== undefined && row.email !== '' && isGone(`email:${row.email}`)
  const isPreviousGone = row.previous_id !== undefined && isGone(`user:${row.previous_id}`)
  const gone = [
    ...(isEmailGone && row.email ? [row.email] : []),
    ...(row.links ?? [])
      .flatMap(({ identifier, other }) => [identifier, other])
      .filter(
        (identifier) => !identifier.startsWith('anon:') && identifier !== row.subject && isGone(identifier),
      )
      .map((identifier) => identifier.slice(identifier.indexOf(':') + 1)),
    ...addressesOf(row).filter((address) => isGone(`email:${address}`)),
    ...userTextsOf(row).filter((text) => isGone(`user:${text}`)),
  ]
  const clean = (value: unknown) => withoutTexts(value, gone)
  const { links, person_traits, group_traits, properties, traits, context } = row
  const texts = textColumns.flatMap((column) => (row[column] ? [[column, clean(row[column])]] : []))
  return {
    ...row,
    ...(isEmailGone && { email: '' }),
    ...(isPreviousGone && { previous_id: '' }),
    ...(links && {
      links: links.filter(
        ({ identifier, other }) =>
          !namesGone(identifier, row.subject, isGone) && !namesGone(other, row.subject, isGone),
      ),
    }),
    ...(person_traits && { person_traits: clean(person_traits) as EventRow['person_traits'] }),
    ...(group_traits && { group_traits: clean(group_traits) as EventRow['group_traits'] }),
    ...(properties && { properties: clean(properties) as EventRow['properties'] }),
    ...(traits && { traits: clean(traits) as EventRow['traits'] }),
    ...(context && { context: clean(context) as EventRow['context'] }),
    ...(Object.fromEntries(texts) as Partial<EventRow>),
  }
}

const namesGone = (identifier: string, subject: string, isGone: (identifier: string) => boolean) =>
  !identifier.startsWith('anon:') && identifier !== subject && isGone(identifier)

/** The value with each of `texts` replaced wherever it stands in it, however deep that is. */
export function withoutTexts(value: unknown, texts: readonly string[]): unknown {
  if (texts.length === 0) return value
  const result: { value?: unknown } = {}
  // Values whose place in the copy is still empty; a list and not the stack, which has an end.
  const rest: { into: object; name: string | number; value: unknown }[] = [
    { into: result, name: 'value', value },
  ]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { into, name, value: inner } = next
    const copy = copyOf(inner, texts)
    // Not by assignment: `__proto__` may be a name like any other.
    Object.defineProperty(into, name, { value: copy, enumerable: true, writable: true, configurable: true })
    if (Array.isArray(inner)) {
      for (const [index, item] of inner.entries())
        rest.push({ into: copy as object, name: index, value: item })
    } else if (copy !== inner && typeof inner === 'object' && inner !== null)
      // Last first, so that the names stand in the copy in the order of the original.
      for (const [innerName, item] of Object.entries(inner).reverse())
        rest.push({ into: copy as object, name: texts.reduce(withoutText, innerName), value: item })
  }
  return result.value
}

/** An empty container of the same shape, or the value itself without the texts. */
function copyOf(value: unknown, texts: readonly string[]): unknown {
  if (typeof value === 'string') return texts.reduce(withoutText, value)
  if (Array.isArray(value)) return []
  return typeof value === 'object' && value !== null && !isExactNumber(value) ? {} : value
}

/** Whatever its case: an address is lower-cased in its column and stands as it was sent elsewhere. */
function withoutText(value: string, text: string): string {
  // A short id is part of many words; only a value that is nothing else is the id.
  if (text.length < 6 && !text.includes('@')) return value === text ? erasedText : value
  return value.replace(patternOf(text), erasedText)
}
