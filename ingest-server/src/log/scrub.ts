/** Takes an erased person's name out of somebody else's event: the event stays that person's, with the name gone. */
import { isExactNumber, parseExact, stringifyExact } from '../exact-json.js'
import { addressesIn, patternOf, withoutPlainAddresses } from './addresses-in-text.js'
import type { EventRow } from './event-row.js'
import { addressesOf, textColumns, userTextsOf, type Judge, type Verdict } from './tombstones.js'
import { userTextsIn } from './user-ids-in-text.js'

export const erasedText = '[erased]'

/** A row as it stands in a line: columns that hold their default may be missing. */
export type StoredRow = Partial<EventRow> & Pick<EventRow, 'subject' | 'occurred_at'>

/** What `judge` says of a row, by both of its times. */
export const verdictOfRow = (row: StoredRow, judge: Judge): Verdict =>
  judge.verdictOf(row, Date.parse(row.occurred_at), Date.parse(row.received_at ?? ''))

/**
 * The row without the identifiers that `judge` calls erased, in its columns, its facts and the texts that were sent. It
 * names none afterwards, however they were written: a text that a name cannot be cut out of goes whole, for an erasure
 * that cannot go on would be stopped by whoever sends such a text.
 */
export function scrub(row: StoredRow, judge: Judge): StoredRow {
  const clean = withoutNames(row, judge)
  if (verdictOfRow(clean, judge) !== 'mentions') return clean
  const rest = withTextsOf(clean, (value) => withoutTextsThat(value, isNamedIn(clean, judge)))
  if (verdictOfRow(rest, judge) !== 'mentions') return rest
  const empty = Object.fromEntries(
    [...textColumns, 'properties', 'traits', 'context', 'person_traits', 'group_traits']
      .filter((column) => column in rest)
      .map((column) => [column, emptyOf(column)]),
  )
  return { ...rest, ...empty }
}

const emptyOf = (column: string): unknown =>
  column.endsWith('_traits') ? [] : (jsonColumns as readonly string[]).includes(column) ? {} : ''

/** Whether a text names somebody who is erased. */
function isNamedIn(row: StoredRow, judge: Judge): (text: string) => boolean {
  const [atMs, receivedAtMs] = [Date.parse(row.occurred_at), Date.parse(row.received_at ?? '')]
  const isGone = (identifier: string) => judge.isErased(identifier, atMs, receivedAtMs)
  return (text) => {
    const json = JSON.stringify(text)
    return (
      addressesIn(json).some((address) => isGone(`email:${address}`)) ||
      userTextsIn(json).some((one) => isGone(`user:${one}`))
    )
  }
}

function withoutNames(row: StoredRow, judge: Judge): StoredRow {
  const atMs = Date.parse(row.occurred_at)
  const receivedAtMs = Date.parse(row.received_at ?? '')
  const isGone = (identifier: string) => judge.isErased(identifier, atMs, receivedAtMs)
  const isEmailGone = row.email !== undefined && row.email !== '' && isGone(`email:${row.email}`)
  const isPreviousGone = row.previous_id !== undefined && isGone(`user:${row.previous_id}`)
  const userOf = row.user_id === undefined ? '' : `user:${row.user_id}`
  const isUserGone = userOf !== '' && userOf !== row.subject && isGone(userOf)
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
  const { links } = row
  return {
    ...withTextsOf(row, (value) => withoutTexts(value, gone)),
    ...(isEmailGone && { email: '' }),
    ...(isPreviousGone && { previous_id: '' }),
    ...(isUserGone && { user_id: '' }),
    ...(links && {
      links: links.filter(
        ({ identifier, other }) =>
          !namesGone(identifier, row.subject, isGone) && !namesGone(other, row.subject, isGone),
      ),
    }),
  }
}

const jsonColumns = ['properties', 'traits', 'context'] as const

/** The row with `clean` of each of its texts, and of what was sent: as it is, or its JSON as a table has it. */
function withTextsOf(row: StoredRow, clean: (value: unknown) => unknown): StoredRow {
  const { person_traits, group_traits } = row
  const texts = textColumns.flatMap((column) => (row[column] ? [[column, clean(row[column])]] : []))
  const sent = jsonColumns.flatMap((column) => (row[column] ? [[column, cleanJson(row[column], clean)]] : []))
  const said = (facts: EventRow['person_traits']) =>
    facts?.map(({ value, ...fact }) => ({
      ...(clean(fact) as typeof fact),
      value: String(cleanJson(value, clean)),
    }))
  return {
    ...row,
    ...(person_traits && { person_traits: said(person_traits) }),
    ...(group_traits && { group_traits: said(group_traits) }),
    ...(Object.fromEntries([...texts, ...sent]) as Partial<EventRow>),
  }
}

/** Not in the text of JSON: there a name may begin in the middle of an escape, as `nada@example.com` does in `\\nada@example.com`. */
function cleanJson(value: unknown, clean: (value: unknown) => unknown): unknown {
  if (typeof value !== 'string') return clean(value)
  let read: unknown
  try {
    read = parseExact(value)
  } catch {
    return clean(value)
  }
  return stringifyExact(clean(read))
}

const namesGone = (identifier: string, subject: string, isGone: (identifier: string) => boolean) =>
  !identifier.startsWith('anon:') && identifier !== subject && isGone(identifier)

/** The value with each of `texts` replaced wherever it stands in it, however deep that is. */
export const withoutTexts = (value: unknown, texts: readonly string[]): unknown =>
  texts.length === 0 ? value : withCleanTexts(value, cleanerOf(texts))

/**
 * Each name is looked for in all its spellings. Where an event names more than this of one person, which nobody does who
 * means well, those are looked for that are there, and a text in which there are too many goes whole.
 */
const mostSought = 50

function cleanerOf(texts: readonly string[]): (text: string) => string {
  if (texts.length <= mostSought) return (text) => texts.reduce(withoutText, text)
  const names = new Set(texts)
  return (text) => {
    if (names.has(text)) return erasedText
    const plain = withoutPlainAddresses(text, (address) => names.has(address), erasedText)
    const left = addressesIn(JSON.stringify(plain)).filter((address) => names.has(address))
    return left.length > mostSought ? erasedText : left.reduce(withoutText, plain)
  }
}

/** The value with each text of it replaced that names somebody. */
export const withoutTextsThat = (value: unknown, isNamed: (text: string) => boolean): unknown =>
  withCleanTexts(value, (text) => (isNamed(text) ? erasedText : text))

function withCleanTexts(value: unknown, clean: (text: string) => string): unknown {
  const result: { value?: unknown } = {}
  // Values whose place in the copy is still empty; a list and not the stack, which has an end.
  const rest: { into: object; name: string | number; value: unknown }[] = [
    { into: result, name: 'value', value },
  ]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { into, name, value: inner } = next
    const copy = copyOf(inner, clean)
    // Not by assignment: `__proto__` may be a name like any other.
    Object.defineProperty(into, name, { value: copy, enumerable: true, writable: true, configurable: true })
    if (Array.isArray(inner)) {
      for (const [index, item] of inner.entries())
        rest.push({ into: copy as object, name: index, value: item })
    } else if (copy !== inner && typeof inner === 'object' && inner !== null)
      // Last first, so that the names stand in the copy in the order of the original.
      for (const [innerName, item] of Object.entries(inner).reverse())
        rest.push({ into: copy as object, name: clean(innerName), value: item })
  }
  return result.value
}

/** An empty container of the same shape, or the value itself without the texts. */
function copyOf(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value)
  if (Array.isArray(value)) return []
  return typeof value === 'object' && value !== null && !isExactNumber(value) ? {} : value
}

/** Whatever its case: an address is lower-cased in its column and stands as it was sent elsewhere. */
function withoutText(value: string, text: string): string {
  // A short id is part of many words; only a value that is nothing else is the id.
  if (text.length < 6 && !text.includes('@')) return value === text ? erasedText : value
  return value.replace(patternOf(text), erasedText)
}
