/** Looks for whose the rows of a feed are, once they are stored: the way from `stored` to `linked`. */
import type { Reader } from '../../clickhouse/query.js'
import { query, type NamedQuery } from '../../clickhouse/query.js'
import type { Clock } from '../../clock.js'
import { isWithin, readOwners, readPeople } from '../../identity/people.js'
import { displayNameOf } from '../../journeys/map/display-name.js'
import { readTraitsOf } from '../../journeys/listed-traits.js'
import type { Feed, Tracked } from './feed.js'

/** A user or an address to which nothing was ever linked is a person by itself, once stitch had time to say otherwise. */
const aloneAfterMs = 2_500
/** An unknown visitor stays one; nobody looks any longer. */
const giveUpAfterMs = 30_000
/** The store tells of a batch when it is done with it, which is later; and what another process stores it tells nobody. */
const lookForStoredAfterMs = 100
const mostAtOnce = 500

const storedQuery: NamedQuery = {
  name: 'live-stored',
  sql: `SELECT DISTINCT message_id AS id FROM events WHERE project = {project: String} AND subject IN {subjects: Array(String)} AND message_id IN {ids: Array(String)}`,
}

export async function linkRows(reader: Reader, feed: Feed, clock: Clock): Promise<void> {
  const now = clock()
  const all = feed.unlinked().slice(0, mostAtOnce)
  await findStored(reader, feed, { rows: all.filter((one) => one.storedAt === undefined), now })
  const stored = all.filter((one) => one.storedAt !== undefined)
  if (stored.length === 0) return
  const subjects = [...new Set(stored.map(({ subject }) => subject))]
  const [states, people] = await Promise.all([readOwners(reader, subjects), readPeople(reader, subjects)])
  const owners = new Map(states.map(({ identifier, owners: held }) => [identifier, held]))
  const known = new Set(people.map(({ id }) => id))
  const found = stored.flatMap((one) => {
    const held = owners.get(one.subject) ?? []
    const owner = held.find((interval) => isWithin(interval, one.row.at)) ?? held.at(-1)
    const isAlone = !one.subject.startsWith('anon:') && now - (one.storedAt ?? now) > aloneAfterMs
    const id = owner?.person ?? (known.has(one.subject) || isAlone ? one.subject : undefined)
    return id === undefined ? [] : [{ one, id }]
  })
  const traits = await readTraitsOf(reader, 'person', [...new Set(found.map(({ id }) => id))], now)
  for (const { one, id } of found) {
    feed.changed(one, { state: 'linked', person: { id, name: displayNameOf(id, traits.get(id) ?? {}) } })
    feed.untrack(one)
  }
  for (const one of stored) if (now - (one.storedAt ?? now) > giveUpAfterMs) feed.untrack(one)
}

async function findStored(
  reader: Reader,
  feed: Feed,
  { rows, now }: { rows: readonly Tracked[]; now: number },
): Promise<void> {
  const late = rows.filter(({ row }) => now - row.at > lookForStoredAfterMs)
  if (late.length === 0) return
  const found = await query<{ id: string }>(reader, storedQuery, {
    ids: late.map(({ row }) => row.messageId),
    subjects: [...new Set(late.map(({ subject }) => subject))],
  })
  const ids = new Set(found.map(({ id }) => id))
  for (const one of late) {
    if (!ids.has(one.row.messageId)) {
      if (now - one.row.at > 2 * giveUpAfterMs) feed.untrack(one)
      continue
    }
    one.storedAt = now
    one.row.storedAfterMs = now - one.row.at
    feed.changed(one, { state: 'stored' })
  }
}
