/** The invented company of the examples, told to a server's default project. */
import { companyOf } from '../../../examples/play-a-company/company.js'
import { definitions } from '../../../examples/play-a-company/definitions.js'
import { importEvents, send, untilWon } from '../../../examples/play-a-company/server-calls.js'
import type { TestServer } from '../../../test-support/server.js'

const dayMs = 86_400_000

export async function tellDemo({ url, secretKey }: TestServer): Promise<void> {
  const to = { url, secretKey }
  const company = companyOf({ seed: 1, lastDay: Math.floor(Date.now() / dayMs) * dayMs })
  await importEvents({ ...to, events: company.events })
  for (const [path, body] of Object.entries(definitions))
    await send(to, { method: 'PUT', path: `/v1/definitions/${path}`, body })
  await send(to, { method: 'POST', path: '/v1/costs', body: { rows: company.costs } })
  await untilWon(to, company.won)
}
