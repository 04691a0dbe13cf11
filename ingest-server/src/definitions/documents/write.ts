/**
 * A new version of a definition: checked, then appended to the log, then put into the table at once, so that who
 * wrote it reads it. The store brings the same line again, and a replay every line there ever was.
 */
import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import type { DefinitionKind, DefinitionWarning } from '@touchline/schemas/api'
import { insertLines } from '../../clickhouse/insert-lines.js'
import type { Reader } from '../../clickhouse/query.js'
import type { Clock } from '../../clock.js'
import { TouchlineError } from '../../errors.js'
import type { EventLog, LogRecord } from '../../log/log.js'
import { checkBody, checkPatterns, patternsOfBody } from './check.js'
import type { Definition } from './definition.js'
import { listDefinitions, readVersions, type StoredVersion } from './read.js'
import { referencesFrom, subjectOfBody } from './references.js'
import { conditionsOfBody } from '../walk.js'
import { warningsOf } from './warnings.js'

export interface WriteDeps {
  reader: Reader
  app: ClickHouseClient
  log: EventLog
  clock: Clock
}

export interface NewVersion {
  kind: DefinitionKind
  id: string
  /** As sent; undefined deletes. */
  body: unknown
  author: string
  note: string
  /** The version that the writer saw; 0: none. Undefined: whatever there is. */
  ifMatch?: number | undefined
}

/** Somebody else was faster. */
export interface Conflict {
  current: StoredVersion | undefined
}

export type Written = { stored: StoredVersion; isNew: boolean; warnings: DefinitionWarning[] } | Conflict

/** One writer of a definition at a time in this process; of two processes the earlier change wins. */
const writing = new Map<string, Promise<unknown>>()

export async function writeDefinition(version: NewVersion, deps: WriteDeps): Promise<Written> {
  const key = JSON.stringify([deps.reader.project, version.kind, version.id])
  const before = writing.get(key) ?? Promise.resolve()
  const mine = before.catch(() => undefined).then(() => write(version, deps))
  const settled = mine.catch(() => undefined)
  writing.set(key, settled)
  try {
    return await mine
  } finally {
    if (writing.get(key) === settled) writing.delete(key)
  }
}

async function write(wanted: NewVersion, deps: WriteDeps): Promise<Written> {
  const { kind, id, ifMatch } = wanted
  const isDeleted = wanted.body === undefined
  const checked = isDeleted ? { body: {}, warnings: [] } : await check(wanted, deps)
  const latest = (await readVersions(deps.reader, { kind, id })).at(-1)
  const current = latest === undefined || latest.isDeleted ? undefined : latest
  if (ifMatch !== undefined && ifMatch !== (current?.version ?? 0)) return { current }
  const body = JSON.stringify(checked.body)
  if (current !== undefined && !isDeleted && current.body === body)
    return { stored: current, isNew: false, warnings: checked.warnings }
  if (isDeleted && current === undefined)
    throw new TouchlineError('NOT_FOUND', `There is no definition ${kind}/${id}.`)
  const stored: StoredVersion = {
    kind,
    id,
    version: (latest?.version ?? 0) + 1,
    name: nameOf(checked.body) ?? current?.name ?? id,
    body,
    author: wanted.author,
    // Versions of one definition never go back in time, whatever the clock does.
    at: Math.max(deps.clock(), (latest?.at ?? 0) + 1),
    note: wanted.note,
    isDeleted,
    changeId: randomUUID(),
  }
  return store(stored, checked.warnings, deps)
}

async function store(
  stored: StoredVersion,
  warnings: DefinitionWarning[],
  { reader, app, log }: WriteDeps,
): Promise<Written> {
  const record = toRecord(reader.project, stored)
  await log.append([record])
  await insertLines(app, 'definitions', record.lines)
  const { kind, id, version, changeId } = stored
  const winner = (await readVersions(reader, { kind, id })).find((one) => one.version === version)
  if (winner !== undefined && winner.changeId !== changeId) return { current: winner }
  return { stored, isNew: true, warnings }
}

/** The version as a record of the log; the same line goes into the table. */
export function toRecord(project: string, { at, isDeleted, changeId, ...said }: StoredVersion): LogRecord {
  const row = {
    project,
    ...said,
    at: new Date(at).toISOString(),
    change_id: changeId,
    is_deleted: isDeleted,
  }
  return { table: 'definitions', lines: Buffer.from(`${JSON.stringify(row)}\n`), rows: {} }
}

const nameOf = (body: unknown): string | undefined => (body as { name?: string }).name

/** What would be stored, and what is worth a look. Throws DEFINITION_INVALID. */
export async function check(
  { kind, id, body: sent }: Pick<NewVersion, 'kind' | 'id' | 'body'>,
  { reader }: Pick<WriteDeps, 'reader'>,
  /** Definitions that would be saved along with it. */
  along: readonly Pick<NewVersion, 'kind' | 'id' | 'body'>[] = [],
): Promise<{ body: unknown; warnings: DefinitionWarning[]; all: Definition[] }> {
  const body = checkBody(kind, sent)
  await checkPatterns(reader, patternsOfBody(kind, body))
  const coming = along.map((one) => unsaved({ ...one, body: checkBody(one.kind, one.body) }))
  const known = new Map<string, Definition>()
  for (const one of [...(await listDefinitions(reader)), ...coming, unsaved({ kind, id, body })])
    known.set(`${one.kind}/${one.id}`, one)
  const all = [...known.values()]
  const conditions = conditionsOfBody(kind, body).map(({ condition }) => condition)
  referencesFrom(all, conditions, { subject: subjectOfBody(body), root: { kind, id }, isLenient: true })
  return { body, warnings: await warningsOf(reader, { kind, body }, all), all }
}

const unsaved = ({ kind, id, body }: Pick<NewVersion, 'kind' | 'id' | 'body'>) =>
  ({ kind, id, version: 0, name: id, body, author: '', at: 0, note: '' }) as Definition
