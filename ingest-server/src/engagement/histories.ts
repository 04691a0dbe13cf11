/** The touches of subjects that changed, read once for all definitions that are worked out in this process (definitions/plain). */
import type { Subject } from '@touchline/schemas/api'
import { query, queryRows, type NamedQuery } from '../clickhouse/query.js'
import { asOfParam } from '../definitions/sql/bag.js'
import { historyOf, type PlainHistory } from '../definitions/plain/plain-history.js'
import type { PlainSet } from '../definitions/plain/plain-set.js'
import type { Matcher, PlainTouch, TouchContent } from '../definitions/plain/touch-matcher.js'
import { touchesOf, touchSettings } from '../definitions/sql/touches.js'
import { knownSubjects } from '../definitions/sql/universe.js'
import type { EngageSource } from './source.js'

export interface SubjectHistory {
  subject: string
  /** Hash of the subject: the key of its rows. */
  key: string
  history: PlainHistory
}

export interface Reading {
  /** Milliseconds. */
  asOf: number
  only: readonly string[]
  /** At most so many touches are held in memory. */
  touchesAtOnce?: number | undefined
}

/** Some 100 MB. */
const usualTouchesAtOnce = 200_000

const columnOf: Record<keyof TouchContent, string> = {
  kind: 'kind',
  name: 'name',
  channel: 'channel',
  source: 'source',
  medium: 'medium',
  campaign: 'campaign',
  host: 'host',
  path: 'path',
  paths: 'paths',
  referrerHost: 'referrer_host',
  direction: 'direction',
}

const nothing: TouchContent = {
  ...{ kind: '', name: '', channel: '', source: '', medium: '', campaign: '' },
  ...{ host: '', path: '', paths: [], referrerHost: '', direction: '' },
}

interface Found {
  subject: string
  key: string
  touches: PlainTouch[]
}

/**
 * Those of these subjects that exist: the ones with a touch and, where that is asked for, the ones that only facts know.
 * Undefined where they have more touches than are held in memory.
 */
export async function readHistories(
  source: EngageSource,
  kind: Subject,
  set: PlainSet,
  reading: Reading,
): Promise<SubjectHistory[] | undefined> {
  const found = await readTouches(source, kind, set.matcher, reading)
  if (found === undefined) return undefined
  if (set.matcher.keepsOrder()) {
    // The ids that say which of two touches at one time comes first are long, and rarely wanted.
    const tied = [...found.values()].filter(hasTie).map(({ subject }) => subject)
    const inOrder = await readTouches(source, kind, set.matcher, { ...reading, only: tied }, orderById)
    if (inOrder === undefined) return undefined
    for (const [subject, one] of inOrder) found.set(subject, one)
  }
  const histories = [...found.values()].map(({ touches, ...one }) => ({
    ...one,
    history: historyOf(touches),
  }))
  if (!set.segments.some(asks) && !set.scores.some(asks)) return histories
  const silent = reading.only.filter((subject) => !found.has(subject))
  const known = await readKnown(source, kind, silent)
  return [...histories, ...known.map((one) => ({ ...one, history: historyOf([]) }))]
}

const orderById = ' ORDER BY key, at, message_id, touch'

type Row = [key: string, subject: string, person: string, ms: number, ...content: unknown[]]

async function readTouches(
  source: EngageSource,
  kind: Subject,
  matcher: Matcher,
  { asOf, only, touchesAtOnce = usualTouchesAtOnce }: Reading,
  order = '',
): Promise<Map<string, Found> | undefined> {
  const fields = [...matcher.fields()]
  const columns = fields.map((field) => columnOf[field])
  const person = kind === 'person' ? "''" : 'toString(person_key)'
  const named: NamedQuery = {
    name: 'engage-histories',
    splitBy: 'only',
    sql: `
SELECT toString(key), subject, ${person}, toUnixTimestamp64Milli(at), ${columns.join(', ')}
FROM ${touchesOf(kind, true)}${order}
LIMIT {most: UInt32}`,
    settings: touchSettings,
  }
  const rows = await queryRows<Row>(source, named, { ...asOfParam(asOf), only, most: touchesAtOnce + 1 })
  if (rows.length > touchesAtOnce) return undefined
  const contents = openContents(matcher, fields)
  const found = new Map<string, Found>()
  for (const [key, subject, ofPerson, at, ...content] of rows) {
    let one = found.get(subject)
    if (one === undefined) found.set(subject, (one = { subject, key, touches: [] }))
    const { content: said, matched } = contents(content)
    one.touches.push({ at, person: ofPerson === '' ? key : ofPerson, content: said, matched })
  }
  // Steady: of two touches at one time the order stays.
  for (const { touches } of found.values()) touches.sort((a, b) => a.at - b.at)
  return found
}

const hasTie = ({ touches }: Found) => touches.some(({ at }, place) => touches[place + 1]?.at === at)

const asks = ({ asksEverybody }: { asksEverybody: boolean }) => asksEverybody

/** Many touches say the same: each content is matched with the filters once. */
function openContents(matcher: Matcher, fields: readonly (keyof TouchContent)[]) {
  const known = new Map<string, Pick<PlainTouch, 'content' | 'matched'>>()
  return (values: readonly unknown[]): Pick<PlainTouch, 'content' | 'matched'> => {
    const key = values.join('\u0001')
    const before = known.get(key)
    if (before !== undefined) return before
    const said = Object.fromEntries(fields.map((field, place) => [field, values[place]]))
    const content: TouchContent = { ...nothing, ...said }
    const made = { content, matched: matcher.matchedBy(content) }
    known.set(key, made)
    return made
  }
}

/** Those of these subjects that facts know. */
async function readKnown(
  source: EngageSource,
  kind: Subject,
  subjects: readonly string[],
): Promise<{ subject: string; key: string }[]> {
  const named: NamedQuery = {
    name: 'engage-known-without-touches',
    splitBy: 'only',
    sql: `SELECT DISTINCT toString(key) AS key, subject FROM ${knownSubjects(kind, true)}`,
  }
  return query(source, named, { only: subjects })
}
