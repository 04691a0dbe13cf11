/**
 * A timeline as a table for spreadsheets: RFC 4180, in UTF-8, a header row first.
 *
 *     text and numbers stand as they are; what is absent is empty; lists and objects are JSON
 *
 * What people typed into somebody's website is opened by a program that runs what begins with an equals sign. So
 * text that begins with = + - @ (or their full-width forms), TAB or CR has a single quote before it. A number that
 * is one keeps its minus.
 */
import accepts from 'accepts'
import { stringify } from 'csv-stringify/sync'
import type { IncomingMessage } from 'node:http'
import { stringifyExact } from '../exact-json.js'

export interface CsvColumn {
  /** The field, or the path to it: `page.url`. */
  key: string
  header: string
}

const named = (...names: string[]): CsvColumn[] => names.map((name) => ({ key: name, header: name }))

export const touchpointColumns: readonly CsvColumn[] = [
  ...named(
    'at',
    'kind',
    'name',
    'channel',
    'channelRule',
    'person',
    'accounts',
    'shared',
    'direction',
    'sources',
    'verified',
  ),
  { key: 'campaign.source', header: 'source' },
  { key: 'campaign.medium', header: 'medium' },
  { key: 'campaign.name', header: 'campaign' },
  { key: 'page.url', header: 'url' },
  { key: 'page.path', header: 'path' },
  { key: 'page.title', header: 'title' },
  { key: 'page.referrer', header: 'referrer' },
  ...named('value', 'currency', 'sessionId', 'sameSession', 'pages'),
  { key: 'lastPage.url', header: 'lastUrl' },
  ...named('until', 'durationSeconds', 'properties', 'messageIds'),
]

export const eventColumns: readonly CsvColumn[] = named(
  ...['occurredAt', 'type', 'name', 'channel', 'channelRule', 'source', 'medium', 'campaign', 'referrer'],
  ...['url', 'title', 'person', 'accounts', 'anonymousId', 'userId', 'email', 'groupId', 'sessionId'],
  ...['properties', 'traits', 'clientTime', 'receivedAt', 'messageId', 'because', 'verified'],
)

export const stageColumns: readonly CsvColumn[] = [
  ...named('id', 'name', 'reached', 'entered', 'skipped', 'current', 'open', 'droppedOff'),
  { key: 'time.kaplanMeierMedianDays', header: 'kaplanMeierMedianDays' },
  { key: 'time.completedMeanDays', header: 'completedMeanDays' },
  { key: 'time.completed', header: 'completedVisits' },
  { key: 'time.open', header: 'openVisits' },
  { key: 'time.cumulativeMeanDays', header: 'cumulativeMeanDays' },
  { key: 'toNext.medianDays', header: 'toNextMedianDays' },
  { key: 'toNext.p75Days', header: 'toNextP75Days' },
  { key: 'toNext.n', header: 'toNextN' },
]

/** The rows as text, CRLF after each. Without rows it is the header alone. */
export function toCsv(columns: readonly CsvColumn[], rows: readonly object[]): string {
  return stringify([...rows], {
    columns,
    header: true,
    record_delimiter: '\r\n',
    escape_formulas: true,
    // By itself it leaves some lone CR bare, which readers take for the end of a row.
    quoted_match: /[\r\n]/,
    cast: { boolean: String, object: (value: object) => stringifyExact(value) },
  })
}

/**
 * A column for whatever a row has: of money an amount by currency and its parts (`cac EUR`, `cac EUR spend`), of a group
 * each part; other lists stay JSON. What has parts in one row has no column of its own where another has none, nor has a
 * list that is empty in all.
 */
export function tableOf(rows: readonly object[]): { columns: CsvColumn[]; rows: object[] } {
  const cells = rows.map((row) => Object.entries(row) as [string, unknown][])
  const fields = new Map<string, { parts: Set<string>; isThere: boolean }>()
  for (const [name, value] of cells.flat()) {
    const field = fields.get(name) ?? { parts: new Set(), isThere: false }
    for (const [part] of partsOf(name, value)) field.parts.add(part)
    field.isThere ||= !(Array.isArray(value) && value.length === 0)
    fields.set(name, field)
  }
  const names = [...fields].flatMap(([name, { parts, isThere }]) =>
    parts.size > 0 ? [...parts] : isThere ? [name] : [],
  )
  const flat = cells.map((row) =>
    Object.fromEntries(
      row.flatMap(([name, value]) =>
        fields.get(name)?.parts.size === 0 ? [[name, value]] : partsOf(name, value),
      ),
    ),
  )
  return { columns: named(...names), rows: flat }
}

function partsOf(name: string, value: unknown): [name: string, value: unknown][] {
  if (isMoney(value))
    return value.flatMap(({ currency, amount, ...rest }) => {
      const head = currency === null ? name : `${name} ${currency}`
      return [[head, amount], ...partsOf(head, rest)]
    })
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).map(([part, inner]) => [`${name} ${part}`, inner])
}

const isMoney = (value: unknown): value is { currency: string | null; amount: number | null }[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((one) => typeof one === 'object' && one !== null && 'currency' in one && 'amount' in one)

/** A name that a browser can save under and a header can carry, whatever the id is made of. */
export const csvFileName = (name: string): string => `${name.replace(/[^\w@.-]+/g, '_').slice(0, 100)}.csv`

/** `format` decides where it was asked for; else the Accept header, where it prefers text/csv to JSON. */
export const isCsvWanted = (format: 'json' | 'csv' | undefined, request: IncomingMessage): boolean =>
  (format ?? accepts(request).type(['json', 'csv'])) === 'csv'
