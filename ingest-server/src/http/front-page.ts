/** What stands at `/`: the Explorer, or where a newcomer who opened the bare address goes on. */
import type {} from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { readPage, sendPage, wantsPage } from './explorer/pages.js'

interface Place {
  path: string
  what: string
}

const collecting: Place[] = [
  { path: '/t.js', what: 'the script that a page loads' },
  { path: '/v1/track', what: 'POST events here; any Segment SDK does' },
]
const reading: Place[] = [
  { path: '/docs', what: 'the HTTP API with every answer' },
  { path: '/docs/json', what: 'the same as OpenAPI' },
]
const always: Place[] = [
  { path: '/health/ready', what: 'does it work?' },
  { path: '/metrics', what: 'counters for Prometheus' },
]

/** The Explorer for browsers where it is built, else a page of places; JSON for everybody else; of the places only those that this process serves. */
export function frontPage(has: {
  collect: boolean
  timeline: boolean
  /** Where the pages of the Explorer are built; absent: the usual place. */
  explorerAt?: URL
}): (app: FastifyInstance) => Promise<void> {
  const places = [...(has.timeline ? reading : []), ...(has.collect ? collecting : []), ...always]
  const list = places.map(({ path, what }) => `<li><a href="${path}">${path}</a> ${what}`).join('\n')
  // Without script and style, so that the strictest policy, which every answer carries, is enough.
  const page = `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Touchline</title>\n<h1>Touchline</h1>\n<ul>\n${list}\n</ul>\n</html>\n`
  const json = { name: 'Touchline', ...Object.fromEntries(places.map(({ path, what }) => [path, what])) }
  return async (app) => {
    app.get('/', { schema: { hide: true } }, async (request, reply) => {
      reply.header('vary', 'Accept')
      if (!wantsPage(request)) return reply.send(json)
      const explorer = has.timeline ? await readPage(has.explorerAt) : undefined
      return explorer ? sendPage(reply, explorer) : reply.type('text/html; charset=utf-8').send(page)
    })
  }
}
