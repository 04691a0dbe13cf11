/** What arrives, as it arrives: server-sent events, from the log. */
import { errors, liveQuery } from '@touchline/schemas/api'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { TouchlineError } from '../../errors.js'
import { keyInAuthorization, readerOf } from '../../http/credentials.js'
import { startLoop, type Loop } from '../../loop.js'
import type { Reader } from '../../clickhouse/query.js'
import type { WatchedLog, Watching } from '../../log/watched-log.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import { createFeed, type Feed } from './feed.js'
import { linkRows } from './link-rows.js'
import { openView, type View } from './stream.js'

const mostViews = 100
/** So that one project's do not keep another's out. */
const mostViewsOfProject = mostViews / 2
/** For who comes back within this the feed goes on; then nobody pays for it any longer. */
const feedLivesMs = 60_000
const lookEveryMs = { busy: 300, idle: 1_000 }

interface Watched {
  feed: Feed
  watching: Watching
  close: () => Promise<void>
  /** Set while nobody looks on. */
  ending: NodeJS.Timeout | undefined
}

/** The feeds of projects at which somebody looks, or did a moment ago. */
function createFeeds(api: Api, { clock }: TimelineDeps, watch: WatchedLog['watch']) {
  const watched = new Map<string, Watched>()

  function begin(reader: Reader): Watched {
    const feed = createFeed(reader.project, clock)
    const watching = watch(feed.watcher)
    const loop: Loop<void> = startLoop({
      pass: () => linkRows(reader, feed, clock),
      waitMs: () => (feed.unlinked().length > 0 ? lookEveryMs.busy : lookEveryMs.idle),
      logger: api.log,
      words: {
        failed: 'Live rows cannot be linked to people',
        again: 'Live rows are linked to people again',
      },
    })
    const one: Watched = {
      feed,
      watching,
      ending: undefined,
      async close() {
        clearTimeout(one.ending)
        watched.delete(reader.project)
        watching.stop()
        await loop.stop()
      },
    }
    watched.set(reader.project, one)
    return one
  }

  return {
    of(reader: Reader): Watched {
      const known = watched.get(reader.project)
      if (known === undefined) return begin(reader)
      clearTimeout(known.ending)
      known.ending = undefined
      return known
    },
    left(one: Watched): void {
      if (one.feed.listeners() > 0 || one.ending !== undefined) return
      one.ending = setTimeout(() => void one.close(), feedLivesMs).unref()
    },
    close: () => Promise.all([...watched.values()].map((one) => one.close())),
  }
}

const summary =
  'What arrives, as it arrives, and what becomes of it: server-sent events `row`, `state` and `count`'
const description =
  'Every event is counted, every refused one is shown, of the others up to 200 a second; with `id` all that are called so. ' +
  '`Last-Event-ID` goes on where a connection broke off. It shows what every process takes in. `logAway` of `count`: Kafka does not answer, and what arrives meanwhile is shown once it does.'
const stream = { description: 'Events', content: { 'text/event-stream': { schema: z.unknown() } } }

export function addLive(api: Api, deps: TimelineDeps): void {
  const { log, clock } = deps
  const { watch } = log
  const feeds = watch === undefined ? undefined : createFeeds(api, deps, watch)
  const views = new Set<View>()
  const places = openPlaces()
  api.addHook('preClose', async () => {
    for (const view of views) view.end()
    await feeds?.close()
  })
  api.route({
    method: 'GET',
    url: '/v1/live',
    // Answered, it would be a view without an end that nobody reads.
    exposeHeadRoute: false,
    schema: {
      summary,
      description,
      tags: ['Explorer'],
      querystring: liveQuery,
      response: { 200: stream, ...errors },
    },
    async handler(request, reply) {
      if (feeds === undefined) throw new TouchlineError('NOT_FOUND', 'This log lets nobody look on.')
      const reader = readerFor(request, deps)
      const leave = places.take(reader.project)
      const one = feeds.of(reader)
      // What was appended before is none of what the view counts.
      await one.watching.caughtUp().catch((error: unknown) => {
        leave()
        throw error
      })
      if (request.raw.socket.destroyed) {
        leave()
        feeds.left(one)
        return reply.hijack()
      }
      const lastEventId = request.headers['last-event-id']
      const view = openView({
        feed: one.feed,
        clock,
        isLogAway: () => one.watching.isAway(),
        id: request.query.id,
        lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
        isStillAllowed: () => isStillAllowed(request, deps),
      })
      views.add(view)
      view.body.once('close', () => {
        views.delete(view)
        leave()
        feeds.left(one)
      })
      return reply
        .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
        .type('text/event-stream; charset=utf-8')
        .send(view.body)
    },
  })
}

/** Places of views that are open or about to be. `take` answers with what gives the place back; throws OVERLOADED. */
function openPlaces() {
  const taken = new Map<string, number>()
  let all = 0
  return {
    take(project: string): () => void {
      const mine = taken.get(project) ?? 0
      if (mine >= mostViewsOfProject || all >= mostViews)
        throw new TouchlineError('OVERLOADED', 'As many live views as there may be are open already.')
      taken.set(project, mine + 1)
      all += 1
      return () => {
        const left = (taken.get(project) ?? 1) - 1
        if (left === 0) taken.delete(project)
        else taken.set(project, left)
        all -= 1
      }
    },
  }
}

async function isStillAllowed(
  request: FastifyRequest,
  { projects, session }: TimelineDeps,
): Promise<boolean> {
  if (readerOf(request, projects).isSession === true)
    return (await session?.sessions.sessionOf(request)) !== undefined
  const key = keyInAuthorization(request.headers.authorization)
  return key !== undefined && projects.credentialOf(key)?.kind === 'secret'
}
