/** The reading API over a test's ClickHouse: `secret` reads project default, `other` another one, `write` nothing. */
import { pino } from 'pino'
import { createMetrics } from '../ingest-server/src/metrics.js'
import type { Credential } from '../ingest-server/src/projects/project.js'
import { createHttpServer } from '../ingest-server/src/http/server.js'
import type { TimelineDeps } from '../ingest-server/src/api/context.js'
import { timelineRoutes } from '../ingest-server/src/api/routes.js'

const project = { id: 'default', identify: 'open' } as const
const holders: Record<string, Credential> = {
  secret: { project, kind: 'secret' },
  write: { project, kind: 'write' },
  other: { project: { id: 'other', identify: 'open' }, kind: 'secret' },
}

export interface Answer<Body> {
  status: number
  body: Body
}

export async function startTimelineApi(
  deps: Pick<TimelineDeps, 'clickhouse' | 'log'> & Partial<TimelineDeps>,
) {
  const app = createHttpServer({ logger: pino({ level: process.env.API_LOG ?? 'silent' }) })
  const projects = { credentialOf: (key: string) => holders[key], all: () => [project] }
  const clock = () => Date.parse('2026-06-01T00:00:00Z')
  await app.register(timelineRoutes({ projects, clock, metrics: createMetrics(), ...deps }))
  const authorization = (key: string) => ({ authorization: `Bearer ${key}` })
  return {
    app,
    async get<Body>(url: string, key = 'secret'): Promise<Answer<Body>> {
      const answer = await app.inject({ url, headers: authorization(key) })
      return { status: answer.statusCode, body: answer.json<Body>() }
    },
    async post<Body>(url: string, payload: object): Promise<Answer<Body>> {
      const answer = await app.inject({ method: 'POST', url, headers: authorization('secret'), payload })
      return { status: answer.statusCode, body: answer.json<Body>() }
    },
    close: () => app.close(),
  }
}
export type TimelineApi = Awaited<ReturnType<typeof startTimelineApi>>
