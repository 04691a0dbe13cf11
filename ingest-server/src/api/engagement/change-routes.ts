/** What changed, by pull: the same that feeds send. */
import { changeKinds, changesAnswer, changesQuery, errors } from '@touchline/schemas/api'
import { meant } from '../../definitions/nearest.js'
import { readChanges } from '../../engagement/feeds/read.js'
import { TouchlineError } from '../../errors.js'
import { parseExact } from '../../exact-json.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import { openNextChange } from './next-change.js'

export function addChanges(api: Api, deps: TimelineDeps): void {
  const nextChange = openNextChange()
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
      let readTo = BigInt(after)
      // Whoever asked and went away is not waited for.
      while (rows.length === 0 && performance.now() < deadline && !request.raw.destroyed) {
        const last = await nextChange.look(reader)
        if (last <= readTo) continue
        // Of other kinds than wanted, if it comes to nothing: what comes next is waited for.
        rows = await readChanges(reader, wanted)
        readTo = last
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
