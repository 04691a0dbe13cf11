/** The touches of subjects that changed, read once for all definitions that are worked out in this process (definitions/plain). */
import type { Subject } from '@touchline/schemas/api'
import { query, queryRows, type NamedQuery } from '../clickhouse/query.js'
import { asOfParam } from '../definitions/bag.js'
import { historyOf, type PlainHistory } from '../definitions/plain/plain-history.js'
import type { PlainSet } from '../definitions/plain/plain-set.js'
import type { Matcher, PlainTouch, TouchContent } from '../definitions/plain/touch-matcher.js'
import { touchesOf, touchSettings } from '../definitions/touches.js'
import { knownSubjects } from '../definitions/universe.js'
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
}

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

type Row = [
  key: string,
  subject: string,
  person: string,
  ms: number,
  messageId: string,
  touch: string,
  ...content: unknown[],
]
type Placed = PlainTouch & { messageId: string; touch: string }

/** Of these subjects each that there is: who has a touch, and who is only known by facts where that is asked for. */
export async function readHistories(
  source: EngageSource,
  kind: Subject,
  set: PlainSet,
  { asOf, only }: Reading,
): Promise<SubjectHistory[]> {
  const fields = [...set.matcher.fields()]
  const columns = fields.map((field) => columnOf[field])
  const named: NamedQuery = {
    name: 'engage-histories',
    splitBy: 'only',
    sql: `
SELECT toString(key), subject, toString(person_key), toUnixTimestamp64Milli(at), message_id, toString(touch), ${columns.join(', ')}
FROM ${touchesOf(kind, true)}`,
    settings: touchSettings,
  }
  const rows = await queryRows<Row>(source, named, { ...asOfParam(asOf), only })
  const contents = openContents(set.matcher, fields)
  const found = new Map<string, { key: string; touches: Placed[] }>()
  for (const [key, subject, person, at, messageId, touch, ...content] of rows) {
    const one = found.get(subject) ?? { key, touches: [] }
    if (one.touches.length === 0) found.set(subject, one)
    one.touches.push({ at, person, messageId, touch, ...contents(content) })
  }
  const histories = [...found].map(([subject, { key, touches }]): SubjectHistory => ({
    subject,
    key,
    history: historyOf(touches.sort(inOrder)),
  }))
  if (!set.segments.some(asks) && !set.scores.some(asks)) return histories
  const silent = only.filter((subject) => !found.has(subject))
  const known = await readKnown(source, kind, silent)
  return [...histories, ...known.map((one) => ({ ...one, history: historyOf([]) }))]
}

const asks = ({ asksEverybody }: { asksEverybody: boolean }) => asksEverybody

function inOrder(a: Placed, b: Placed): number {
  if (a.at !== b.at) return a.at - b.at
  return (
    Buffer.compare(Buffer.from(a.messageId), Buffer.from(b.messageId)) ||
    Number(BigInt(a.touch) - BigInt(b.touch))
  )
}

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
