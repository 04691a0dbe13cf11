/** Takes an erased person's name out of somebody else's event: the event stays that person's, with the name gone. */
import type { EventRow } from './event-row.js'
import type { Judge } from './tombstones.js'

export const erasedText = '[erased]'

/** A row as it stands in a line: columns that hold their default may be missing. */
export type StoredRow = Partial<EventRow> & Pick<EventRow, 'subject' | 'occurred_at'>

/** The row without the identifiers that `judge` calls erased, in its columns, its facts and the texts that were sent. */
export function scrub(row: StoredRow, judge: Judge): StoredRow {
  const atMs = Date.parse(row.occurred_at)
  const isGone = (identifier: string) => judge.isErased(identifier, atMs)
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
  ]
  const clean = (value: unknown) => withoutTexts(value, gone)
  const { links, person_traits, properties, traits, context, url, referrer } = row
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
    ...(properties && { properties: clean(properties) as EventRow['properties'] }),
    ...(traits && { traits: clean(traits) as EventRow['traits'] }),
    ...(context && { context: clean(context) as EventRow['context'] }),
    ...(url !== undefined && { url: clean(url) as string }),
    ...(referrer !== undefined && { referrer: clean(referrer) as string }),
  }
}

const namesGone = (identifier: string, subject: string, isGone: (identifier: string) => boolean) =>
  !identifier.startsWith('anon:') && identifier !== subject && isGone(identifier)

/** The value with each of `texts` replaced wherever it stands in it. */
export function withoutTexts(value: unknown, texts: readonly string[]): unknown {
  if (texts.length === 0) return value
  if (typeof value === 'string') return texts.reduce(withoutText, value)
  if (Array.isArray(value)) return value.map((item) => withoutTexts(item, texts))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutTexts(inner, texts)]))
}

/** Whatever its case: an address is lower-cased in its column and stands as it was sent elsewhere. */
function withoutText(value: string, text: string): string {
  // A short id is part of many words; only a value that is nothing else is the id.
  if (text.length < 6) return value === text ? erasedText : value
  const at = value.toLowerCase().indexOf(text.toLowerCase())
  if (at === -1) return value
  return `${value.slice(0, at)}${erasedText}${withoutText(value.slice(at + text.length), text)}`
}
