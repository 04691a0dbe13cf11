/**
 * Assistants: how long a tool takes over /mcp beside the same question over HTTP, on one real server with the demo's
 * company. Goal: a tool's answer at most that of its route + 30 ms.
 *
 *     npm run bench -- mcp
 *
 * The two are asked in turns, so that whatever else the machine does falls on both.
 */
import { pathToFileURL } from 'node:url'
import { companyOf } from '../examples/play-a-company/company.js'
import { definitions } from '../examples/play-a-company/definitions.js'
import { importEvents, send, untilWon } from '../examples/play-a-company/server-calls.js'
import { startServer, type TestServer } from '../test-support/server.js'
import { printTable, type Row } from './report.js'

const rounds = 100
const warmUp = 20

interface Question {
  tool: string
  args: Record<string, unknown>
  /** What it asks of the routes. */
  path: string
}

const account = '/v1/accounts/lovelace-works'
const timeline = `${account}/timeline?limit=50`
const questions: readonly Question[] = [
  { tool: 'person_timeline', args: { id: 'u-ada', limit: 50 }, path: '/v1/users/u-ada/timeline?limit=50' },
  { tool: 'account_timeline', args: { id: 'lovelace-works', limit: 50 }, path: timeline },
  { tool: 'account_journey', args: { id: 'lovelace-works' }, path: `${account}/map` },
  {
    tool: 'silent_accounts',
    args: { limit: 10 },
    path: '/v1/journeys/gaps?open=true&subject=account&direction=inbound&limit=10',
  },
  { tool: 'find', args: { q: 'lovelace' }, path: '/v1/search?q=lovelace' },
  { tool: 'channels', args: { goal: 'won' }, path: '/v1/paths?goal=won&by=channel&depth=1&limit=500' },
  { tool: 'attribution', args: {}, path: '/v1/attribution?goal=won' },
  { tool: 'stages', args: {}, path: '/v1/stages' },
  {
    tool: 'why',
    args: { person: 'user:u-ada', identifier: 'user:u-ada' },
    path: '/v1/people/user%3Au-ada/why?identifier=user%3Au-ada',
  },
  // No route answers SQL: it stands beside the timeline.
  {
    tool: 'query_sql',
    args: {
      sql: 'SELECT channel, count() AS touches FROM touchpoints GROUP BY channel ORDER BY touches DESC',
    },
    path: timeline,
  },
]

async function timed(server: TestServer, path: string, init: RequestInit = {}): Promise<number> {
  const headers = { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' }
  const startedAt = performance.now()
  const answer = await fetch(`${server.url}${path}`, { ...init, headers })
  const text = await answer.text()
  const took = performance.now() - startedAt
  if (!answer.ok || text.includes('"isError":true')) throw new Error(`${path}: ${answer.status} ${text}`)
  return took
}

function overMcp(server: TestServer, { tool, args }: Question): Promise<number> {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: args } }
  return timed(server, '/mcp', { method: 'POST', body: JSON.stringify(message) })
}

const at = (taken: readonly number[], share: number): number =>
  [...taken].sort((a, b) => a - b)[Math.min(taken.length - 1, Math.floor(taken.length * share))] ?? 0

export interface McpResult {
  question: Question
  http: { p50: number; p95: number }
  mcp: { p50: number; p95: number }
}

export async function run(): Promise<McpResult[]> {
  const server = await startServer()
  try {
    const company = companyOf({ seed: 1, lastDay: Date.parse('2026-11-01') })
    await importEvents({ ...server, events: company.events })
    for (const [path, body] of Object.entries(definitions))
      await send(server, { method: 'PUT', path: `/v1/definitions/${path}`, body })
    await untilWon(server, company.won)
    const results: McpResult[] = []
    for (const question of questions) {
      const [http, mcp]: [number[], number[]] = [[], []]
      for (let round = 0; round < rounds + warmUp; round += 1) {
        const [direct, asked] = [await timed(server, question.path), await overMcp(server, question)]
        if (round < warmUp) continue
        http.push(direct)
        mcp.push(asked)
      }
      const of = (taken: number[]) => ({ p50: at(taken, 0.5), p95: at(taken, 0.95) })
      results.push({ question, http: of(http), mcp: of(mcp) })
    }
    return results
  } finally {
    await server.stop()
  }
}

export const tableOf = (results: readonly McpResult[]): Row[] =>
  results.map(({ question, http, mcp }) => ({
    tool: question.tool,
    'HTTP p50 ms': http.p50.toFixed(1),
    '/mcp p50 ms': mcp.p50.toFixed(1),
    '+ ms (p50)': (mcp.p50 - http.p50).toFixed(1),
    '+ ms (p95)': (mcp.p95 - http.p95).toFixed(1),
    ratio: (mcp.p50 / http.p50).toFixed(2),
  }))

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  printTable('mcp: a tool beside the route that it asks, in turns', tableOf(await run()))
