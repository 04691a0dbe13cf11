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
  ...['properties', 'traits', 'clientTime', 'receivedAt', 'messageId', 'because'],
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

/** A name that a browser can save under and a header can carry, whatever the id is made of. */
export const csvFileName = (name: string): string => `${name.replace(/[^\w@.-]+/g, '_').slice(0, 100)}.csv`

/** `format` decides where it was asked for; else the Accept header, where it prefers text/csv to JSON. */
export const isCsvWanted = (format: 'json' | 'csv' | undefined, request: IncomingMessage): boolean =>
  (format ?? accepts(request).type(['json', 'csv'])) === 'csv'
