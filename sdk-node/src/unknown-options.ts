/** Options that there are not: a misspelt one, or another SDK's, would be ignored without a word. */
import type { TouchlineOptions } from './options.js'

// Written as an object, so that the compiler sees one that is missing.
const known: Record<keyof TouchlineOptions, true> = {
  writeKey: true,
  host: true,
  flushAfterMs: true,
  maxBatchBytes: true,
  maxBatchEvents: true,
  maxInFlight: true,
  maxQueuedBytes: true,
  maxQueuedEvents: true,
  maxAgeMs: true,
  requestTimeoutMs: true,
  flushTimeoutMs: true,
  gzip: true,
  spool: true,
  fetch: true,
  logger: true,
  clock: true,
  onReject: true,
  onDrop: true,
}
const knownOfSpool = ['dir', 'maxBytes', 'fsync']

/** What Segment's, RudderStack's and other SDKs call it. */
const elsewhere: Record<string, keyof TouchlineOptions> = {
  flushat: 'maxBatchEvents',
  maxeventsinbatch: 'maxBatchEvents',
  flushinterval: 'flushAfterMs',
  maxretries: 'maxAgeMs',
  retrycount: 'maxAgeMs',
  httprequesttimeout: 'requestTimeoutMs',
  timeout: 'requestTimeoutMs',
  httpclient: 'fetch',
  axiosinstance: 'fetch',
  maxqueuesize: 'maxQueuedEvents',
  dataplaneurl: 'host',
  apihost: 'host',
  endpoint: 'host',
  url: 'host',
  path: 'host',
  apikey: 'writeKey',
  key: 'writeKey',
  errorhandler: 'onReject',
  loglevel: 'logger',
  debug: 'logger',
}

/** A sentence for each option that is set and unknown, with the nearest one that is known. */
export function unknownOptions(options: object): string[] {
  const own = unknownIn(options, Object.keys(known), elsewhere, '')
  const { spool } = options as { spool?: unknown }
  if (typeof spool !== 'object' || spool === null) return own
  return [...own, ...unknownIn(spool, knownOfSpool, {}, 'spool.')]
}

/** The same for the options of another thing: `synonyms` are other names of its own. */
export function unknownIn(
  given: object,
  names: readonly string[],
  synonyms: Readonly<Record<string, string>>,
  prefix: string,
): string[] {
  return Object.entries(given)
    .filter(([name, value]) => value !== undefined && !names.includes(name))
    .map(([name]) => {
      const word = nearest(name, [...names, ...Object.keys(synonyms)])
      const near = word === undefined ? undefined : (synonyms[word] ?? word)
      const advice = near === undefined ? '' : ` Did you mean ${prefix}${near}?`
      return `there is no option ${prefix}${name}; it is ignored.${advice}`
    })
}

function nearest(name: string, names: readonly string[]): string | undefined {
  const word = name.toLowerCase()
  const ranked = names
    .map((candidate) => ({ candidate, distance: distanceOf(word, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= Math.max(2, word.length / 3) ? best.candidate : undefined
}

/** Letters to insert, delete or replace (Levenshtein); what is only missing at the end counts half. */
function distanceOf(from: string, to: string): number {
  if (to.startsWith(from) || from.startsWith(to)) return Math.abs(from.length - to.length) / 2
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
