/** Who has to be looked at again: from what changed in ClickHouse to persons and accounts. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { Condition, Subject } from '@touchline/schemas/api'
import type { Definition } from '../definitions/documents/definition.js'
import { conditionsOfBody, leavesOf } from '../definitions/walk.js'
import { openFeed, type Feed } from '../projections/feed.js'
import { readAccountsOf, readPeopleOf, readPersons } from './people-now.js'
import type { EngageSource } from './source.js'

export interface Change {
  project: string
  kind: 'person' | 'account' | 'identifier' | 'people'
  id: string
}

export const openChanges = (client: ClickHouseClient, overlapMs: number): Feed<Change> =>
  openFeed<Change>({
    client,
    table: 'engage_changes',
    columns: ['project', 'kind', 'id'],
    toRow: ([project, kind, id]) => ({
      project: String(project),
      kind: kind as Change['kind'],
      id: String(id),
    }),
    overlapMs,
  })

export type Concerned = Readonly<Record<Subject, string[]>>

/** Persons and accounts whose segments or scores may be others now. */
export async function concernedBy(
  source: EngageSource,
  changes: readonly Change[],
  definitions: readonly Definition[],
): Promise<Concerned> {
  const persons = new Set<string>()
  const accounts = new Set<string>()
  const identifiers = new Set<string>()
  for (const { kind, id } of changes) {
    if (kind === 'account') accounts.add(id)
    else if (kind === 'identifier') identifiers.add(id)
    else persons.add(id)
  }
  const owners = await readPersons(source, [...identifiers])
  for (const identifier of identifiers)
    for (const person of [identifier, ...(owners.get(identifier) ?? [])]) persons.add(person)
  const crossing = crossings(definitions)
  const [direct, people] = [[...accounts], [...persons]]
  if (crossing.person) for (const id of await readPeopleOf(source, direct)) persons.add(id)
  if (crossing.account) for (const id of await readAccountsOf(source, people)) accounts.add(id)
  return { person: [...persons], account: [...accounts] }
}

/** Whether anything about one kind of subject follows from facts about the other. */
function crossings(definitions: readonly Definition[]): Record<Subject, boolean> {
  const found = { person: false, account: false }
  for (const { kind, body } of definitions) {
    if (kind !== 'segments' && kind !== 'scores') continue
    const { subject } = body as { subject: Subject }
    const conditions = conditionsOfBody(kind, body).map(({ condition }) => condition)
    if (conditions.some((one) => leavesOf(one).some((leaf) => isCrossing(leaf, subject))))
      found[subject] = true
  }
  return found
}

const isCrossing = (leaf: Condition, subject: Subject) =>
  (subject === 'person' ? 'accountTrait' in leaf : 'trait' in leaf) ||
  'segment' in leaf ||
  'score' in leaf ||
  'stage' in leaf
