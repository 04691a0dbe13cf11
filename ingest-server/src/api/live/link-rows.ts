/** Looks for whose the rows of a feed are, once they are stored: the way from `stored` to `linked`. */
import type { Reader } from '../../clickhouse/query.js'
import { chunksBy, query, type NamedQuery } from '../../clickhouse/query.js'
import type { Clock } from '../../clock.js'
import { readOwners, readPeople } from '../../identity/people.js'
import { displayNameOf } from '../../journeys/map/display-name.js'
import { readTraitsOf } from '../../journeys/listed-traits.js'
import type { Feed } from './feed.js'
import { isWithin } from '../../identity/interval.js'

/** A user or an address to which nothing was ever linked is a person by itself, once stitch had time to say otherwise. */
const aloneAfterMs = 2_500
/** An unknown visitor stays one; nobody looks any longer. */
const giveUpAfterMs = 30_000
const lookForStoredAfterMs = 100
const mostAtOnce = 1_000
const mostLookedFor = 5_000

const storedQuery: NamedQuery = {
  name: 'live-stored',
  sql: `SELECT DISTINCT message_id AS id FROM events WHERE project = {project: String} AND subject IN {subjects: Array(String)} AND message_id IN {ids: Array(String)}`,
}

export async function linkRows(reader: Reader, feed: Feed, clock: Clock): Promise<void> {
  const now = clock()
  await findStored(reader, feed, now)
  const all = feed.unlinked().filter((one) => one.storedAt !== undefined)
  if (all.length === 0) return
  for (const one of all) if (now - (one.storedAt ?? now) > giveUpAfterMs) feed.untrack(one)
  // The newest: unknown visitors of before are not to hold up who came just now.
  const stored = all.slice(-mostAtOnce)
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
}

/** What stands in `events` although nobody told: the store tells when it is done with a batch, another process never. */
async function findStored(reader: Reader, feed: Feed, now: number): Promise<void> {
  const late = feed.awaitedSince(now - lookForStoredAfterMs, mostLookedFor)
  for (const part of chunksBy(late, ({ id, subject }) => [id, subject])) {
    const found = await query<{ id: string }>(reader, storedQuery, {
      ids: part.map(({ id }) => id),
      subjects: [...new Set(part.map(({ subject }) => subject))],
    })
    for (const { id } of found) feed.markStored(id)
  }
  for (const one of feed.unlinked())
    if (one.storedAt === undefined && now - one.row.at > 2 * giveUpAfterMs) feed.untrack(one)
}
