/** Changes without a record of their own: a person or an account differs from before, or is in another stage. */
import type { ChangeKind } from '@touchline/schemas/api'
import type { Reader } from '../../clickhouse/query.js'
import { stringifyExact } from '../../exact-json.js'
import { hashOf } from '../deliveries/delivery.js'
import { readWhos, whoOf } from '../who/who.js'
import type { NewChange, Seen } from './change.js'
import { readDomainsOf } from './domains-of-accounts.js'
import { readStagesNow } from './stages-now.js'

interface DerivedDeps {
  reader: Reader
  zone: string
  now: number
}

/** The current state, as changes, of the subjects of rows without an id. */
export async function readDerivedChanges(
  { reader, zone, now }: DerivedDeps,
  rows: readonly Seen[],
  wanted: ReadonlySet<ChangeKind>,
): Promise<NewChange[]> {
  const found: NewChange[] = []
  for (const kind of ['person', 'account'] as const) {
    const mine = rows.filter((row) => row.id === '' && row.subjectKind === kind)
    const then = [...new Set(mine.map(({ subject }) => subject))].map((subject) => ({ subject, at: now }))
    if (then.length === 0) continue
    const whos = await readWhos(reader, kind, then, { zone, now })
    const people = [
      ...new Map(then.flatMap((one) => whoOf(whos, one) ?? []).map((who) => [who.id, who])).values(),
    ]
    const add = (change: { kind: ChangeKind; of: string; subject: string; data: Record<string, unknown> }) =>
      found.push({
        ...change,
        project: reader.project,
        subjectKind: kind,
        at: now,
        id: hashOf(stringifyExact(change)),
      })
    if (wanted.has(kind)) {
      const domains =
        kind === 'account'
          ? await readDomainsOf(
              reader,
              people.map(({ id }) => id),
            )
          : undefined
      for (const { id, identifiers, emails, traits, account } of people)
        add({
          kind,
          of: '',
          subject: id,
          data: {
            ...(kind === 'person'
              ? { identifiers, emails, account: account ?? null }
              : { domains: domains?.get(id) ?? [] }),
            traits: Object.fromEntries([...traits].sort(([a], [b]) => (a < b ? -1 : 1))),
          },
        })
    }
    if (wanted.has('stage'))
      for (const { list, subject, stage, at } of await readStagesNow(reader, kind, {
        ids: people.map(({ id }) => id),
        now,
      }))
        add({ kind: 'stage', of: list, subject, data: { list, stage, since: at } })
  }
  return found
}
