/** Feeds: recorded changes → deliveries, batch after batch, each from where the one before ended. */
import type { Clock } from '../../clock.js'
import type { Reader } from '../../clickhouse/query.js'
import { listDefinitions, readVersions } from '../../definitions/documents/read.js'
import type { Definition } from '../../definitions/documents/definition.js'
import { parseExact, stringifyExact } from '../../exact-json.js'
import { decidedRecord, deliveryId, type Decided } from '../deliveries/delivery.js'
import { keep } from '../keep.js'
import { slotOfSubject } from '../slots.js'
import { bodyFor } from './mappings.js'
import { feedCursor, readChanges } from './read.js'
import type { SequencerDeps } from './sequencer.js'

export interface FeedsDeps extends SequencerDeps {
  send: (deliveries: readonly Decided[]) => void
  clock: Clock
}

export interface Feeds {
  /** `changed`: projects with new changes; the others are looked at every few seconds. */
  pass: (changed: ReadonlySet<string>, projects: readonly string[]) => Promise<void>
  /** Drops the cursors; they are read again. */
  forget: () => void
}

const lookEveryMs = 2_000

export function openFeeds(deps: FeedsDeps): Feeds {
  const cursors = new Map<string, string>()
  let lookedAt = -Infinity

  async function follow(reader: Reader, feed: Definition<'feeds'>): Promise<void> {
    const { project } = reader
    const slot = slotOfSubject(project, `feed:${feed.id}`)
    if (!deps.works(slot)) return
    const key = `${project}\n${feed.id}`
    let cursor = cursors.get(key)
    if (cursor === undefined) {
      const [first] = await readVersions(reader, { kind: 'feeds', id: feed.id })
      cursor = await feedCursor(reader, feed.id, first?.at ?? feed.at)
    }
    const { changes: kinds, of, endpoint, format, most } = feed.body
    for (;;) {
      const rows = await readChanges(reader, { after: cursor, kinds, ...(of && { of }), limit: most })
      const last = rows.at(-1)
      if (last === undefined) break
      const changes = rows.map(({ body, ...row }) => ({
        ...row,
        data: parseExact(body) as Record<string, unknown>,
      }))
      const body = bodyFor(format, { feed: feed.id, changes, next: last.seq })
      if (body !== undefined) {
        const decided: Decided = {
          project,
          // The id follows from where the batch begins: decided again after a crash it is the same, with newer changes
          // in it.
          id: deliveryId(project, `feed:${feed.id}`, cursor),
          endpoint,
          source: 'feed',
          run: feed.id,
          step: last.seq,
          subject: `feed:${feed.id}`,
          subjects: [...new Set(rows.map(({ subject }) => subject))],
          body: stringifyExact(body),
          decidedAt: deps.clock(),
          place: Number(last.seq),
          slot,
          version: deps.version(),
        }
        await keep(deps, [decidedRecord([decided])])
        if (deps.works(slot)) deps.send([decided])
      }
      cursor = last.seq
      cursors.set(key, cursor)
      if (rows.length < most) break
    }
    cursors.set(key, cursor)
  }

  return {
    async pass(changed, projects) {
      const isDue = performance.now() - lookedAt > lookEveryMs
      if (isDue) lookedAt = performance.now()
      for (const project of isDue ? projects : changed) {
        const reader = deps.readerOf(project)
        for (const feed of await listDefinitions(reader, 'feeds')) await follow(reader, feed)
      }
    },
    forget: () => cursors.clear(),
  }
}
