/** What a newcomer needs once the server is ready: the tag, the keys, a question that works. */
import type { Touchline } from './app.js'
import type { ClickHouse } from './clickhouse/clickhouse.js'
import type { Config } from './config.js'
import { pinnedTag, plainTag, type TagOptions } from './http/browser-sdk.js'

export interface Welcome {
  touchline: Pick<Touchline, 'url' | 'isUrlGuessed' | 'keys'>
  analyst: ClickHouse['analyst'] | undefined
  config: Pick<Config, 'DATA_DIR' | 'TOUCHLINE_SECRET_KEY' | 'CLICKHOUSE_DATABASE'>
  seconds: number
}

/** Lines to print. A key that was revoked is not among them. */
export function welcome({ touchline, analyst, config, seconds }: Welcome): string {
  const { url, isUrlGuessed, keys } = touchline
  const tag = { host: url, writeKey: keys.writeKey ?? 'YOUR_WRITE_KEY' }
  return [
    '',
    `Touchline is ready at ${url} (${seconds.toFixed(1)} s)`,
    ...(isUrlGuessed
      ? ['It listens on every address; this one is a guess. PUBLIC_URL=https://… says how browsers reach it.']
      : []),
    '',
    'Paste this tag into your pages, inside <head>:',
    `  ${plainTag(tag)}`,
    ...(keys.writeKey === undefined ? [] : pinned(tag)),
    '',
    ...keyLines(keys, config),
    ...question(url, keys),
    ...sqlQuestion(analyst, config.CLICKHOUSE_DATABASE),
    '',
    `HTTP API: ${url}/docs`,
    '',
  ].join('\n')
}

function pinned(tag: TagOptions): string[] {
  const text = pinnedTag(tag)
  return text === undefined
    ? []
    : ['or, to run this very build or nothing (change it with the server):', `  ${text}`]
}

const revoked = 'revoked; npm run touchline -- keys list names those in force'

function keyLines({ writeKey, secretKey }: Touchline['keys'], config: Welcome['config']): string[] {
  const where = config.TOUCHLINE_SECRET_KEY ? '' : ` (kept in ${config.DATA_DIR}/keys.json)`
  return [
    `Keys of the project "default"${where}:`,
    `  write key   ${writeKey === undefined ? revoked : `${writeKey}   public, stands in the tag`}`,
    `  secret key  ${secretKey === undefined ? revoked : `${secretKey}   private, reads timelines`}`,
  ]
}

/** Both work as they stand on a server that has no event yet, the second a moment after the first. */
function question(url: string, { writeKey, secretKey }: Touchline['keys']): string[] {
  const event = '{"userId":"ada","event":"Hello"}'
  return [
    '',
    'Send an event, and a second later ask for the timeline of who did it:',
    `  curl -u ${writeKey ?? 'YOUR_WRITE_KEY'}: '${url}/v1/track' -d '${event}'`,
    `  curl -u ${secretKey ?? 'YOUR_SECRET_KEY'}: '${url}/v1/users/ada/timeline'`,
  ]
}

function sqlQuestion(analyst: Welcome['analyst'], database: string): string[] {
  if (analyst?.password === undefined) return []
  const at = new URL(analyst.url)
  const native =
    analyst.tcpPort === undefined
      ? []
      : [
          `  clickhouse client --host ${at.hostname} --port ${analyst.tcpPort} --user ${analyst.user} --password ${analyst.password} --database ${database}`,
        ]
  return [
    '',
    'Ask in SQL, read-only:',
    ...native,
    `  curl '${at.protocol}//${analyst.user}:${analyst.password}@${at.host}/?database=${database}' -d 'SELECT * FROM persons LIMIT 10 FORMAT Pretty'`,
  ]
}
