/**
 * Several processes on one port, so that collecting uses all cores of a machine (COLLECT_WORKERS). The first also
 * plays the other roles. This process only starts them, restarts one that exits, and adds up their metrics.
 */
import cluster, { type Worker } from 'node:cluster'
import { randomUUID } from 'node:crypto'
import { AggregatorRegistry, type Registry } from 'prom-client'
import type { Config, Role } from './config.js'
import type { Logger } from './logger.js'

/** Between a worker's exit and the start of its replacement; a worker that exits at once must not take a core. */
const restartAfterMs = 500

/** What every worker plays: roles that answer over HTTP must be behind every connection to the port. */
const onEveryWorker = (role: Role) => role === 'collect' || role === 'timeline'

export interface Workers {
  /** Passes the signal on; resolves when all have ended. */
  stop(signal: NodeJS.Signals): Promise<void>
  /** Rejects when one ends before any was ready: the settings are wrong, and it said so itself. */
  failed: Promise<never>
}

export function startWorkers(config: Pick<Config, 'COLLECT_WORKERS' | 'ROLES'>, logger: Logger): Workers {
  const totals = new AggregatorRegistry()
  let isStopping = false
  let wasReady = false
  let fail: (error: Error) => void = () => undefined
  const failed = new Promise<never>((_, reject) => (fail = reject))
  // The caller may attach its handler later; until then the rejection is not an unhandled one.
  failed.catch(() => undefined)

  function start(roles: readonly Role[]): void {
    const worker = cluster.fork({ ROLES: roles.join(',') })
    worker.once('listening', () => (wasReady = true))
    worker.on('message', (message: unknown) => {
      if (isScrape(message)) void answerScrape(worker, message.scrape)
    })
    worker.once('exit', (code, signal) => {
      if (isStopping) return
      if (!wasReady) return fail(new Error(`A collecting process ended at its start with ${code ?? signal}.`))
      logger.error(
        { pid: worker.process.pid, code, signal },
        'A collecting process ended and is started again',
      )
      setTimeout(() => {
        if (!isStopping) start(roles)
      }, restartAfterMs)
    })
  }

  async function answerScrape(worker: Worker, id: string): Promise<void> {
    // When a worker exits during a scrape, the sum of the others is missing too; the next scrape has it.
    const text = await totals.clusterMetrics().catch(() => undefined)
    if (worker.isConnected()) worker.send({ scraped: id, type: totals.contentType, text })
  }

  start(config.ROLES)
  for (let count = 1; count < config.COLLECT_WORKERS; count += 1) start(config.ROLES.filter(onEveryWorker))
  return {
    failed,
    async stop(signal) {
      isStopping = true
      const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
      await Promise.all(
        workers.map(
          (worker) =>
            new Promise<void>((resolve) => {
              worker.once('exit', () => resolve())
              worker.process.kill(signal)
            }),
        ),
      )
    },
  }
}

/** How `/metrics` is answered: from this process alone, or as a worker from all of them together. */
export function scrapeOf(registry: Registry): () => Promise<{ type: string; text: string }> {
  if (!cluster.isWorker) return async () => ({ type: registry.contentType, text: await registry.metrics() })
  AggregatorRegistry.setRegistries(registry)
  // Made for its listener, which answers the first process.
  new AggregatorRegistry()
  return () =>
    new Promise((resolve, reject) => {
      const id = randomUUID()
      const take = (message: unknown) => {
        if (!isScraped(message) || message.scraped !== id) return
        process.off('message', take)
        const { type, text } = message
        if (text === undefined) reject(new Error('A collecting process did not tell its metrics.'))
        else resolve({ type, text })
      }
      process.on('message', take)
      process.send?.({ scrape: id })
    })
}

const isScrape = (message: unknown): message is { scrape: string } =>
  typeof message === 'object' && message !== null && 'scrape' in message

const isScraped = (message: unknown): message is { scraped: string; type: string; text?: string } =>
  typeof message === 'object' && message !== null && 'scraped' in message
