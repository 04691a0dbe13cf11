/**
 * Variables that were meant for us and are not read: a misspelt setting would be ignored without a word, and the
 * server would run on another ClickHouse or with other keys than its operator believes.
 */
import { closestMatch } from 'leven'

/** Of our clients, which may be set in the same shell. */
const ofClients = ['TOUCHLINE_HOST', 'TOUCHLINE_SIGNING_KEY', 'TOUCHLINE_URL']

/** What others call the same thing. */
const elsewhere: Readonly<Record<string, string>> = {
  CLICKHOUSE_HOST: 'CLICKHOUSE_URL',
  CLICKHOUSE_HOSTS: 'CLICKHOUSE_URL',
  CLICKHOUSE_ADDR: 'CLICKHOUSE_URL',
  CLICKHOUSE_ADDRESS: 'CLICKHOUSE_URL',
  CLICKHOUSE_DSN: 'CLICKHOUSE_URL',
  CLICKHOUSE_ENDPOINT: 'CLICKHOUSE_URL',
  CLICKHOUSE_SERVER: 'CLICKHOUSE_URL',
  CLICKHOUSE_DB: 'CLICKHOUSE_DATABASE',
  CLICKHOUSE_PORT: 'CLICKHOUSE_HTTP_PORT',
  KAFKA_BOOTSTRAP_SERVERS: 'KAFKA_BROKERS',
  KAFKA_BROKER_LIST: 'KAFKA_BROKERS',
  KAFKA_SERVERS: 'KAFKA_BROKERS',
  KAFKA_HOSTS: 'KAFKA_BROKERS',
  KAFKA_HOST: 'KAFKA_BROKERS',
  KAFKA_URL: 'KAFKA_BROKERS',
}

/** Kubernetes sets these for each service that it knows: a service called clickhouse makes CLICKHOUSE_PORT. */
const isOfKubernetes = (name: string, value: string | undefined) =>
  /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/.test(name) ||
  (name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value ?? ''))

/** One line for the first variable that looks like one of ours and is none, with the one that was meant. */
export function misspelt(given: NodeJS.Dict<string>, known: readonly string[]): string | undefined {
  for (const [name, value] of Object.entries(given)) {
    if (known.includes(name) || ofClients.includes(name) || isOfKubernetes(name, value)) continue
    const meant = meantBy(name, known)
    if (meant !== undefined) return `${name}: there is no such setting; did you mean ${meant}?`
    if (name.startsWith('TOUCHLINE_'))
      return `${name}: there is no such setting (docs/operating.md lists them).`
  }
  return undefined
}

// Shorter names are everybody's: HOSTS and POST are not HOST and PORT misspelt.
const leastLength = 7
/** Letters that may differ: a slip of the finger or two. */
const maxSlips = 2

function meantBy(name: string, known: readonly string[]): string | undefined {
  const upper = name.toUpperCase().replaceAll('-', '_')
  const other = elsewhere[upper]
  if (other !== undefined) return other
  if (upper.length < leastLength) return undefined
  const long = known.filter((candidate) => candidate.length >= leastLength)
  // CLICKHOUSE_PASS, KAFKA_USER: a setting cut short, or one with an ending too many.
  const family = upper.slice(0, upper.indexOf('_') + 1)
  const sameFamily = long.filter((candidate) => family.length > 4 && candidate.startsWith(family))
  const cut = sameFamily.find((candidate) => candidate.startsWith(upper) || upper.startsWith(candidate))
  const slips = upper.length < 10 ? 1 : maxSlips
  return closestMatch(upper, long, { maxDistance: slips }) ?? cut
}
