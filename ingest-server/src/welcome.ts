/**
 * What a newcomer needs once the server is ready: the tag, the keys, a question that works. What is printed stays in
 * terminals and collected logs, so what is secret is printed once, when it was made; afterwards where it is kept.
 */
import type { Touchline } from './app.js'
import type { ClickHouse } from './clickhouse/clickhouse.js'
import type { Config } from './config.js'
import { pinnedSnippet, plainSnippet, type TagOptions } from './http/browser-sdk.js'

export interface Welcome {
  touchline: Pick<Touchline, 'url' | 'isUrlGuessed' | 'keys'>
  analyst: ClickHouse['analyst'] | undefined
  config: Pick<Config, 'DATA_DIR' | 'TOUCHLINE_SECRET_KEY' | 'ANALYST_PASSWORD' | 'CLICKHOUSE_DATABASE'>
  seconds: number
  /** Opens the Explorer, once; undefined where this process serves none. */
  signInLink?: string | undefined
}

/** Lines to print. A key that was revoked is not among them. */
export function welcome({ touchline, analyst, config, seconds, signInLink }: Welcome): string {
  const { url, isUrlGuessed, keys } = touchline
  const tag = { host: url, writeKey: keys.writeKey ?? 'YOUR_WRITE_KEY' }
  return [
    '',
    `Touchline is ready at ${url} (${seconds.toFixed(1)} s)`,
    ...(isUrlGuessed
      ? ['It listens on every address; this one is a guess. PUBLIC_URL=https://… says how browsers reach it.']
      : []),
    ...(signInLink === undefined
      ? []
      : ['', 'Open the Explorer (good once, for 10 minutes):', `  ${signInLink}`]),
    '',
    'Paste this into your pages, inside <head>, before other scripts:',
    indented(plainSnippet(tag)),
    ...(keys.writeKey === undefined ? [] : pinned(tag)),
    '',
    ...keyLines(keys, config),
    ...question(url, keys, config),
    ...sqlQuestion(analyst, keys, config),
    '',
    `HTTP API: ${url}/docs`,
    '',
  ].join('\n')
}

function pinned(tag: TagOptions): string[] {
  const text = pinnedSnippet(tag)
  return text === undefined
    ? []
    : ['or, to run this very build or nothing (change it with the server):', indented(text)]
}

const indented = (lines: string) => lines.replace(/^/gm, '  ')

const revoked = 'revoked; npx touchline keys list names those in force'

type Keys = Touchline['keys']

function keyLines({ writeKey, secretKey, areNew }: Keys, config: Welcome['config']): string[] {
  const secret =
    config.TOUCHLINE_SECRET_KEY !== undefined
      ? 'as TOUCHLINE_SECRET_KEY says'
      : areNew
        ? `${secretKey}   private, reads timelines; not printed again`
        : `kept in ${config.DATA_DIR}/keys.json`
  return [
    'Keys of the project "default":',
    `  write key   ${writeKey === undefined ? revoked : `${writeKey}   public, stands in the tag`}`,
    `  secret key  ${secretKey === undefined ? revoked : secret}`,
    ...(areNew ? [`  They are kept in ${config.DATA_DIR}/keys.json, readable by you alone.`] : []),
  ]
}

const isSecretShown = ({ areNew }: Keys, config: Welcome['config']) =>
  areNew && config.TOUCHLINE_SECRET_KEY === undefined

/** Both work as they stand on a server that has no event yet, the second a moment after the first. */
function question(url: string, keys: Keys, config: Welcome['config']): string[] {
  const event = '{"userId":"ada","event":"Hello"}'
  const { writeKey } = keys
  const secretKey = isSecretShown(keys, config) ? keys.secretKey : undefined
  return [
    '',
    'Send an event, and a second later ask for the timeline of who did it:',
    `  curl -u ${writeKey ?? 'YOUR_WRITE_KEY'}: '${url}/v1/track' -d '${event}'`,
    `  curl -u ${secretKey ?? 'YOUR_SECRET_KEY'}: '${url}/v1/users/ada/timeline'`,
  ]
}

function sqlQuestion(analyst: Welcome['analyst'], { areNew }: Keys, config: Welcome['config']): string[] {
  if (analyst?.password === undefined) return []
  const at = new URL(analyst.url)
  const isShown = areNew && config.ANALYST_PASSWORD === undefined
  const where =
    config.ANALYST_PASSWORD === undefined
      ? `analystPassword in ${config.DATA_DIR}/keys.json`
      : 'ANALYST_PASSWORD'
  const password = isShown ? analyst.password : 'PASSWORD'
  const database = config.CLICKHOUSE_DATABASE
  const native =
    analyst.tcpPort === undefined
      ? []
      : [
          `  clickhouse client --host ${at.hostname} --port ${analyst.tcpPort} --user ${analyst.user} --password ${password} --database ${database}`,
        ]
  return [
    '',
    `Ask in SQL, read-only${isShown ? '' : ` (PASSWORD is ${where})`}:`,
    ...native,
    `  curl '${at.protocol}//${analyst.user}:${password}@${at.host}/?database=${database}' -d 'SELECT at, person, kind, name, channel FROM touchpoints ORDER BY at DESC LIMIT 10 FORMAT Pretty'`,
  ]
}
