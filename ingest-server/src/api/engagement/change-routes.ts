/** What changed, by pull: the same that feeds send. */
import { changeKinds, changesAnswer, changesQuery, errors } from '@touchline/schemas/api'
import { meant } from '../../definitions/nearest.js'
import { readChanges } from '../../engagement/feeds/read.js'
import { TouchlineError } from '../../errors.js'
import { parseExact } from '../../exact-json.js'
import { pause } from '../../loop.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'

const lookEveryMs = 250

export function addChanges(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/changes',
    schema: {
      summary: 'What changed after a cursor, in order; waits for it where asked to',
      tags: ['Changes'],
      querystring: changesQuery,
      response: { 200: changesAnswer, ...errors },
    },
    async handler(request) {
      const { after, wait, changes, limit } = request.query
      const reader = readerFor(request, deps)
      const wanted = { after, kinds: kindsOf(changes), limit }
      const deadline = performance.now() + wait * 1_000
      let rows = await readChanges(reader, wanted)
      // Whoever asked and went away is not waited for.
      while (rows.length === 0 && performance.now() < deadline && !request.raw.destroyed) {
        await pause(lookEveryMs)
        rows = await readChanges(reader, wanted)
      }
      return {
        rows: rows.map(({ body, ...row }) => ({ ...row, data: parseExact(body) as Record<string, unknown> })),
        next: rows.at(-1)?.seq ?? after,
      }
    },
  })
}

function kindsOf(text: string | undefined): string[] {
  const kinds = (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  for (const kind of kinds)
    if (!changeKinds.some((known) => known === kind))
      throw new TouchlineError('QUERY_INVALID', `changes: ${kind} is none${meant(kind, changeKinds)}`)
  return kinds
}
