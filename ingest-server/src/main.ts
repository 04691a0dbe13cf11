/** The process: reads the settings, starts the pipeline, prints what a newcomer needs, stops on a signal. */
import cluster from 'node:cluster'
import pino from 'pino'
import { startTouchline } from './app.js'
import { readConfig } from './config.js'
import { inDataDir } from './start-errors.js'
import { welcome } from './welcome.js'
import { startWorkers } from './workers.js'

const startedAt = performance.now()
let isStopping = false
/** Kubernetes kills after 30 s. */
const stopWithinMs = 20_000

try {
  const config = readConfig()
  const logger = pino(
    { level: config.LOG_LEVEL, base: { roles: config.ROLES.join(',') } },
    pino.destination(2),
  )
  if (config.COLLECT_WORKERS > 1 && cluster.isPrimary) {
    console.log(`starting Touchline (${config.ROLES.join(', ')}) in ${config.COLLECT_WORKERS} processes …`)
    const workers = startWorkers(config, logger)
    stopOnSignal((signal) => workers.stop(signal))
    await workers.failed
  }
  if (!cluster.isWorker) console.log(`starting Touchline (${config.ROLES.join(', ')}) …`)
  const touchline = await startTouchline(config, logger).catch((error: unknown) => {
    throw inDataDir(error, config)
  })
  stopOnSignal(() => touchline.close())
  const { analyst } = await touchline.ready.catch((error: unknown) => {
    throw inDataDir(error, config)
  })
  // Of several processes the first speaks for all.
  if (!cluster.isWorker || cluster.worker?.id === 1) {
    const seconds = (performance.now() - startedAt) / 1_000
    const signInLink = await touchline.signInLink()
    console.log(welcome({ touchline, analyst, config, seconds, signInLink }))
  }
} catch (error) {
  // Told to stop before it was ready: the stopping ends the process.
  if (!isStopping) giveUp(error)
}

function giveUp(error: unknown): never {
  // One line for the person who started it; the whole story with LOG_LEVEL=debug.
  console.error(`Touchline cannot start. ${error instanceof Error ? error.message : String(error)}`)
  if (process.argv.includes('--trace') || !isExpected(error)) console.error(error)
  process.exit(1)
}

function isExpected(error: unknown): boolean {
  return error instanceof Error && ('code' in error || error.name === 'TouchlineError')
}

function stopOnSignal(close: (signal: NodeJS.Signals) => Promise<void>): void {
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) return
    isStopping = true
    if (!cluster.isWorker) console.log(`${signal}: finishing what is under way …`)
    // What is left then (a ClickHouse that hangs in an insert) is done again after the next start.
    const tooLong = setTimeout(() => {
      console.error(
        `not finished after ${stopWithinMs / 1_000} s: stopping now; nothing acknowledged is lost.`,
      )
      process.exit(0)
    }, stopWithinMs)
    tooLong.unref()
    close(signal).then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // The terminal was closed, or the connection to it broke.
  process.on('SIGHUP', stop)
}
