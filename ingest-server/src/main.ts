/** The process: reads the settings, starts the line, prints what a newcomer needs, stops when told to. */
import pino from 'pino'
import { startTouchline, type Touchline } from './app.js'
import { readConfig, type Config } from './config.js'
import { plainTag } from './http/browser-sdk.js'

const startedAt = performance.now()

try {
  const config = readConfig()
  const logger = pino(
    { level: config.LOG_LEVEL, base: { roles: config.ROLES.join(',') } },
    pino.destination(2),
  )
  console.log(`starting Touchline (${config.ROLES.join(', ')}) …`)
  const touchline = await startTouchline(config, logger)
  stopOnSignal(touchline)
  console.log(welcome(touchline, config))
} catch (error) {
  // One line for the person who started it; the whole story with LOG_LEVEL=debug.
  console.error(`Touchline cannot start. ${error instanceof Error ? error.message : String(error)}`)
  if (process.argv.includes('--trace') || !isExpected(error)) console.error(error)
  process.exit(1)
}

function isExpected(error: unknown): boolean {
  return error instanceof Error && ('code' in error || error.name === 'TouchlineError')
}

function stopOnSignal(touchline: Touchline): void {
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return
    stopping = true
    console.log(`${signal}: finishing what is under way …`)
    touchline.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function welcome({ url, keys, analyst }: Touchline, config: Config): string {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const lines = [
    '',
    `Touchline is ready at ${url} (${seconds} s)`,
    '',
    'Paste this tag into your pages, inside <head>:',
    `  ${plainTag({ host: url, writeKey: keys.writeKey })}`,
    '',
    `Keys of the project "default"${config.TOUCHLINE_SECRET_KEY ? '' : ` (kept in ${config.DATA_DIR}/keys.json)`}:`,
    `  write key   ${keys.writeKey}   public, stands in the tag`,
    `  secret key  ${keys.secretKey}   private, reads timelines`,
    '',
    'Ask for a timeline, by user id or email:',
    `  curl -u ${keys.secretKey}: '${url}/v1/users/ada%40example.com/timeline'`,
  ]
  if (analyst?.password !== undefined) {
    const at = new URL(analyst.url)
    lines.push(
      '',
      'Ask in SQL, read-only:',
      `  curl '${at.protocol}//${analyst.user}:${analyst.password}@${at.host}/?database=${config.CLICKHOUSE_DATABASE}' -d 'SELECT * FROM persons LIMIT 10 FORMAT Pretty'`,
    )
  }
  return [...lines, '', `HTTP API: ${url}/docs`, ''].join('\n')
}
