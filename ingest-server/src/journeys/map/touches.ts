/**
 * The touches of an account or a person for a picture: their people and the touches in columns, or folded where they
 * are too many to be drawn.
 */
import type { MapFolded, MapTouches, Subject } from '@touchline/schemas/api'
import { queryRows, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import { asOfParam } from '../../definitions/sql/bag.js'
import { onlyKeys, touchesOf, touchSettings } from '../../definitions/sql/touches.js'
import { within } from '../question.js'

export interface MapWindow {
  subject: Subject
  id: string
  from: number | undefined
  to: number | undefined
}

/** Later than any touch: like a timeline, a map also shows touches that a client's clock dated into the future. */
const everything = Date.UTC(2200, 0, 1)

const millis = (time: string) => `toUnixTimestamp64Milli(${time})`

function windowed({ subject, id, from, to }: MapWindow, more: Record<string, unknown> = {}) {
  const { sql, params } = within({ from, to }, 'at')
  return {
    source: touchesOf(subject, true),
    inWindow: sql,
    params: { ...params, ...asOfParam(everything), only: [id], ...more },
  }
}

export interface Involved {
  id: string
  /** In the window. */
  touches: number
  first: number | null
  last: number | null
  /** Ever, in milliseconds; null where they are unknown still. */
  knownSince: number | null
}

/**
 * People with a touch in the window, by the time of their first; those beyond `limit`, with the fewest touches, are
 * only counted.
 */
export async function readInvolved(
  reader: Reader,
  window: MapWindow,
  limit: number,
): Promise<{ people: Involved[]; others: { people: number; touches: number } | null }> {
  const { source, inWindow, params } = windowed(window, { limit: limit + 1 })
  const named: NamedQuery = {
    name: 'map-people',
    sql: `
SELECT person, touches, first, last, known, count() OVER () AS total, sum(touches) OVER () AS all FROM (
  SELECT any(person) AS person, countIf(${inWindow}) AS touches,
    minOrNullIf(${millis('at')}, ${inWindow}) AS first, maxOrNullIf(${millis('at')}, ${inWindow}) AS last,
    minOrNullIf(${millis('at')}, kind = 'identified' OR NOT anonymous) AS known
  FROM ${source} GROUP BY person_key HAVING touches > 0
)
ORDER BY touches DESC, person LIMIT {limit: UInt32}`,
    settings: touchSettings,
  }
  type Row = [string, number, number, number, number | null, number, number]
  const rows = await queryRows<Row>(reader, named, params)
  const [, , , , , total = 0, all = 0] = rows[0] ?? []
  const shown = rows.slice(0, limit)
  const people = shown.map(([id, touches, first, last, knownSince]) => ({
    id,
    touches,
    first,
    last,
    knownSince,
  }))
  people.sort((one, other) => one.first - other.first || (one.id < other.id ? -1 : 1))
  const touches = people.reduce((sum, person) => sum + person.touches, 0)
  return {
    people,
    others: total > shown.length ? { people: total - shown.length, touches: all - touches } : null,
  }
}

export interface MapFigures {
  touches: number
  channels: number
  first: number | null
  last: number | null
  longestSilenceMs: number
}

export async function readFigures(reader: Reader, window: MapWindow): Promise<MapFigures> {
  const { source, inWindow, params } = windowed(window)
  const named: NamedQuery = {
    name: 'map-figures',
    sql: `
SELECT count(), uniqExactIf(channel, channel != ''), minOrNull(${millis('at')}), maxOrNull(${millis('at')}),
  arrayMax(arrayDifference(arraySort(groupArray(${millis('at')}))))
FROM ${source} WHERE ${inWindow}`,
    settings: touchSettings,
  }
  const [row] = await queryRows<[number, number, number | null, number | null, number]>(reader, named, params)
  const [touches = 0, channels = 0, first = null, last = null, longestSilenceMs = 0] = row ?? []
  return { touches, channels, first, last, longestSilenceMs }
}

/** A dictionary that grows as it is asked: the index of each text, in the order of their first use. */
export function createDictionary() {
  const places = new Map<string, number>()
  return {
    of(text: string): number {
      const known = places.get(text)
      if (known !== undefined) return known
      places.set(text, places.size)
      return places.size - 1
    },
    texts: () => [...places.keys()],
  }
}
export type Dictionary = ReturnType<typeof createDictionary>

export interface Dictionaries {
  channels: Dictionary
  kinds: Dictionary
  names: Dictionary
}

/** Touches are named each for itself up to here; beyond, by what they are grouped by. */
const mostNamed = 2_000

/**
 * In the order of time. Columns that a row of an account lacks (the length of a visit, its title) come from the row of
 * the person, which has the same key.
 */
export async function readTouches(
  reader: Reader,
  window: MapWindow,
  { people, dictionaries }: { people: readonly Involved[]; dictionaries: Dictionaries },
): Promise<MapTouches> {
  const { source, inWindow, params } = windowed(window)
  const named: NamedQuery = {
    name: 'map-touches',
    sql: `
SELECT touched.person, ${millis('touched.at')} AS ms, touched.channel, touched.kind, touched.name, touched.direction = 'outbound',
  touched.message_id, greatest(0, ${millis('told.until')} - ms), told.label
FROM (SELECT * FROM ${source} WHERE ${inWindow}) AS touched
LEFT JOIN (
  SELECT person_key, at, touch, until, label FROM touchpoints_of_people FINAL
  WHERE project = {project: String} AND ${inWindow} AND person_key IN (SELECT person_key FROM ${source} WHERE ${inWindow})
) AS told USING (person_key, at, touch)
ORDER BY ms, touched.message_id, touched.touch`,
    settings: touchSettings,
  }
  type Row = [string, number, string, string, string, number, string, number, string]
  const rows = await queryRows<Row>(reader, named, params)
  const placeOf = new Map(people.map(({ id }, place) => [id, place]))
  const isNamed = rows.length <= mostNamed
  const { channels, kinds, names } = dictionaries
  const columns: MapTouches = {
    person: [],
    start0: null,
    dt: [],
    len: [],
    ch: [],
    kind: [],
    name: [],
    out: [],
  }
  const ids: string[] = []
  let before: number | undefined
  for (const [person, ms, channel, kind, name, isOutbound, messageId, length, label] of rows) {
    const place = placeOf.get(person)
    // A person who came between the two queries: the next map has them.
    if (place === undefined) continue
    columns.start0 ??= ms
    columns.person.push(place)
    columns.dt.push(ms - (before ?? ms))
    columns.len.push(length)
    columns.ch.push(channels.of(channel))
    columns.kind.push(kinds.of(kind))
    columns.name.push(names.of(isNamed && label !== '' ? label : name))
    columns.out.push(isOutbound)
    if (isNamed) ids.push(messageId)
    before = ms
  }
  return isNamed ? { ...columns, id: ids } : columns
}

interface Folding {
  people: readonly Involved[]
  channels: Dictionary
  columns: number
  /** In milliseconds: the window that is cut into columns. */
  from: number
  to: number
}

/** Cells of one answer; ClickHouse gives 200,000 rows at most. */
const mostCells = 150_000

/** How many columns each of so many people may have. */
export const columnsFor = (people: number, asked: number): number =>
  Math.max(1, Math.min(asked, Math.floor(mostCells / Math.max(1, people))))

/**
 * Per person and part of the window the number of touches and their most frequent channel; equal neighbours are one
 * run.
 */
export async function readFolded(reader: Reader, window: MapWindow, folding: Folding): Promise<MapFolded> {
  const { people, channels, from, to } = folding
  const columns = columnsFor(people.length, folding.columns)
  const { source, inWindow, params } = windowed(window, {
    people: people.map(({ id }) => id),
    columns,
    begin: from,
    width: Math.max(1, to - from),
  })
  const named: NamedQuery = {
    name: 'map-folded',
    sql: `
SELECT person, least({columns: UInt32} - 1, intDiv((${millis('at')} - {begin: Int64}) * {columns: UInt32}, {width: Int64})) AS col,
  count(), topK(1)(toString(channel))[1]
FROM ${source}
WHERE ${inWindow} AND person_key IN (SELECT cityHash64(arrayJoin({people: Array(String)})))
GROUP BY person, col ORDER BY person, col`,
    splitBy: 'people',
    settings: touchSettings,
  }
  const rows = await queryRows<[string, number, number, string]>(reader, named, params)
  const placeOf = new Map(people.map(({ id }, place) => [id, place]))
  const lanes = new Map<number, MapFolded['perPerson'][number]>()
  for (const [person, col, n, channel] of rows) {
    const place = placeOf.get(person)
    if (place === undefined) continue
    const lane = lanes.get(place) ?? { person: place, col: [], run: [], n: [], ch: [] }
    lanes.set(place, lane)
    addCell(lane, { col, n, ch: channels.of(channel) })
  }
  return { columns, perPerson: [...lanes.values()].sort((one, other) => one.person - other.person) }
}

/** Joins a cell to the run before it where that ends just there, has the same channel and as many touches a column. */
function addCell(
  lane: MapFolded['perPerson'][number],
  { col, n, ch }: { col: number; n: number; ch: number },
): void {
  const last = lane.col.length - 1
  const [begin = 0, length = 0, count = 0] = [lane.col[last], lane.run[last], lane.n[last]]
  const isSame = last >= 0 && begin + length === col && lane.ch[last] === ch && count === n * length
  if (isSame) {
    lane.run[last] = length + 1
    lane.n[last] = count + n
    return
  }
  lane.col.push(col)
  lane.run.push(1)
  lane.n.push(n)
  lane.ch.push(ch)
}

export const inOnly = `key IN ${onlyKeys}`
