/**
 * `/health/live` says that the process answers; `/health/ready` that its roles can do their work;
 * `/metrics` is the Prometheus text of metrics.ts. Only an operator sees more than whether it is well (operator.ts).
 */
import type {} from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { statfs } from 'node:fs/promises'
import { TouchlineError } from '../errors.js'
import type { OperatorCheck } from './operator.js'

/** One thing that must be well before the process counts as ready. */
export interface ReadinessCheck {
  name: string
  /** Resolves with a detail to show, rejects or resolves `ok: false` when it is not well. */
  check: () => Promise<{ ok: boolean; detail?: Record<string, unknown> }>
}

interface Health {
  checks: readonly ReadinessCheck[]
  /** The Prometheus text of all processes that share this port, and its content type. */
  scrape: () => Promise<{ type: string; text: string }>
  isOperator: OperatorCheck
}

export function healthRoutes({ checks, scrape, isOperator }: Health) {
  const look = oneAtATime(() =>
    Promise.all(checks.map(async (check) => [check.name, await outcomeOf(check)] as const)),
  )
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/health/live', { schema: { hide: true } }, async () => ({ live: true }))

    app.get('/health/ready', { schema: { hide: true } }, async (request, reply) => {
      const results = await look()
      const shown = isOperator(request) ? results : results.map(([name, { ok }]) => [name, { ok }] as const)
      const ready = results.every(([, result]) => result.ok)
      return reply.code(ready ? 200 : 503).send({ ready, checks: Object.fromEntries(shown) })
    })

    app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
      if (!isOperator(request)) throw new TouchlineError('METRICS_CLOSED')
      const { type, text } = await scrape()
      return reply.type(type).send(text)
    })
  }
}

/** Whoever asks while a look is under way is told what it finds: anybody may ask, and each look costs a question to ClickHouse. */
function oneAtATime<Found>(look: () => Promise<Found>): () => Promise<Found> {
  let underWay: Promise<Found> | undefined
  return () => (underWay ??= look().finally(() => (underWay = undefined)))
}

async function outcomeOf({ check }: ReadinessCheck): Promise<{ ok: boolean } & Record<string, unknown>> {
  try {
    const { ok, detail } = await check()
    return { ok, ...detail }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

/** The disk under the embedded log and ClickHouse; with less than `leastFreeBytes` the log refuses every append. */
export async function checkDisk(
  dir: string,
  leastFreeBytes: number,
): Promise<{ ok: boolean; detail: Record<string, unknown> }> {
  const { bavail, bsize } = await statfs(dir)
  const freeBytes = bavail * bsize
  return { ok: freeBytes >= leastFreeBytes, detail: { freeBytes, leastFreeBytes } }
}
