/** The definitions of each project, read again when one changed. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { Subject } from '@touchline/schemas/api'
import { TouchlineError } from '../errors.js'
import { query } from '../clickhouse/query.js'
import type { Definition } from '../definitions/documents/definition.js'
import { plainSetOf, type PlainSet } from '../definitions/plain/plain-set.js'
import { listDefinitions } from '../definitions/documents/read.js'
import { referencesFrom } from '../definitions/documents/references.js'
import { conditionsOfBody } from '../definitions/walk.js'
import type { EngageSource } from './source.js'
import type { Segment } from './segments/memberships.js'

export type Score = Definition<'scores'>

export interface ProjectNow {
  source: EngageSource
  all: readonly Definition[]
  /** Definitions that can be asked: everything that they name exists. */
  segments: Segment[]
  scores: Score[]
  /** The same by subject: those that are worked out in this process, and the others. */
  plain: Readonly<Record<Subject, PlainSet>>
  /** Key of a definition → what its rows follow from; where that changed, everybody has to be looked at again. */
  signatures: ReadonlyMap<string, string>
}

const statesQuery = {
  name: 'engage-definitions',
  sql: `
SELECT project, toString(sum(cityHash64(kind, id, version, change_id))) AS state
FROM definitions FINAL
GROUP BY project
HAVING countIf(kind IN ('segments', 'scores')) > 0`,
}

export function openDefinitions(client: ClickHouseClient) {
  const known = new Map<string, { state: string; now: ProjectNow }>()
  /** Of every project that has a segment or a score. */
  return async function read(): Promise<ProjectNow[]> {
    const rows = await query<{ project: string; state: string }>({ client }, statesQuery)
    const found: ProjectNow[] = []
    for (const { project, state } of rows) {
      const before = known.get(project)
      const now = before?.state === state ? before.now : await readProject(client, project)
      known.set(project, { state, now })
      found.push(now)
    }
    return found
  }
}

async function readProject(client: ClickHouseClient, project: string): Promise<ProjectNow> {
  const source: EngageSource = { client, project, signedOnly: false }
  const all = await listDefinitions(source)
  const usable = all.filter((one) => isUsable(one, all))
  const signatures = new Map(usable.map((one) => [`${one.kind}/${one.id}`, signatureOf(one, all)]))
  const segments = usable.filter((one): one is Segment => one.kind === 'segments')
  const scores = usable.filter((one): one is Score => one.kind === 'scores')
  const plainOf = (subject: Subject) =>
    plainSetOf(subject, segments, scores, referencesFrom(all, [], { subject }))
  const plain = { person: plainOf('person'), account: plainOf('account') }
  return { source, all, segments, scores, plain, signatures }
}

/** What a definition names may come later; until then it holds for nobody. */
function isUsable(definition: Definition, all: readonly Definition[]): boolean {
  if (definition.kind !== 'segments' && definition.kind !== 'scores') return false
  try {
    usedBy(definition, all)
    return true
  } catch (error) {
    if (error instanceof TouchlineError) return false
    throw error
  }
}

function usedBy(definition: Definition, all: readonly Definition[]) {
  const { kind, id, body } = definition
  const conditions = conditionsOfBody(kind, body).map(({ condition }) => condition)
  const { subject } = body as Segment['body']
  return referencesFrom(all, conditions, { subject, root: { kind, id } }).used
}

const signatureOf = (definition: Definition, all: readonly Definition[]) =>
  JSON.stringify([definition.version, ...usedBy(definition, all)])
