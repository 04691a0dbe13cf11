/** A server that the invented company was played into, with its definitions and costs, until all of it is told. */
import { startServer, type TestServer } from '../../test-support/server.js'
import { companyOf } from '../play-a-company/company.js'
import { definitions } from '../play-a-company/definitions.js'
import { importEvents, send, untilWon } from '../play-a-company/server-calls.js'

export async function playedServer(): Promise<TestServer> {
  const company = companyOf({ seed: 1, lastDay: Date.parse('2026-11-01') })
  const server = await startServer()
  try {
    await importEvents({ ...server, events: company.events })
    for (const [path, body] of Object.entries(definitions))
      await send(server, { method: 'PUT', path: `/v1/definitions/${path}`, body })
    await send(server, { method: 'POST', path: '/v1/costs', body: { rows: company.costs } })
    await untilWon(server, company.won)
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}
