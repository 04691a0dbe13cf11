import { TouchlineError } from './errors.js'
import type { Fetch } from './post.js'
import type { Logger, Unsent } from './report.js'

export interface TouchlineOptions {
  /** The project's write key; with a secret key in its place the server counts what is claimed as verified. */
  writeKey: string
  /** Where the server listens, such as `https://events.example.com`. A path in it is kept. */
  host: string
  /** How long events gather after the last send. Default 200 ms. */
  flushAfterMs?: number | undefined
  /** Events of one request, in bytes before gzip. Default 450,000; the server takes 512 KB. */
  maxBatchBytes?: number | undefined
  /** Default and most 2,500, which is the server's limit. */
  maxBatchEvents?: number | undefined
  /** Requests at once. Default 4. */
  maxInFlight?: number | undefined
  /** Bytes of events held in memory. Default 64 MiB. Without a spool, calls beyond it are refused. */
  maxQueuedBytes?: number | undefined
  /** Events waiting. Default 250,000; with a spool no limit. Calls beyond it are refused. */
  maxQueuedEvents?: number | undefined
  /** How long an event is retried before it is dropped. Default 12 hours. */
  maxAgeMs?: number | undefined
  /** Default 30 s. */
  requestTimeoutMs?: number | undefined
  /** How long flush(), close() and the flush before the process exits wait. Default 10 s. */
  flushTimeoutMs?: number | undefined
  /** Compress bodies of 1 KB and more. Default true. */
  gzip?: boolean | undefined
  /** A folder in which accepted events survive the process, or that and its limits. Absent: memory only. */
  spool?:
    | string
    | {
        dir: string
        /** Default 512 MiB. Calls beyond it are refused. */
        maxBytes?: number | undefined
        /** Wait for the disk at every call, so that events survive a power cut too. Default false. */
        fsync?: boolean | undefined
      }
    | undefined
  /** Sends in place of node:http, for a proxy or another platform. */
  fetch?: Fetch | undefined
  /** Silent if absent. */
  logger?: Logger | undefined
  /** The time in milliseconds since 1970, for events. Default Date.now. */
  clock?: (() => number) | undefined
  /** An event was refused for what it is, by this SDK or by the server. */
  onReject?: ((rejection: Unsent) => unknown) | undefined
  /** An event was not kept though nothing was wrong with it: no room, too old, closed. */
  onDrop?: ((drop: Unsent) => unknown) | undefined
}

const mebibyte = 1024 * 1024

export type Settings = ReturnType<typeof settingsFrom>

/** The options with their defaults. Throws OPTIONS_INVALID, naming the option. */
export function settingsFrom(options: TouchlineOptions) {
  const { writeKey, host } = options
  if (typeof writeKey !== 'string' || writeKey.trim() === '') throw invalid('writeKey', 'is missing')
  if (typeof host !== 'string' || !/^https?:\/\//.test(host) || !URL.canParse(host)) {
    throw invalid('host', 'must be an address such as https://events.example.com')
  }
  const number = (name: keyof TouchlineOptions, otherwise: number, atLeast: number, atMost = Infinity) => {
    const value = options[name] ?? otherwise
    if (typeof value !== 'number' || Number.isNaN(value) || value < atLeast || value > atMost) {
      throw invalid(name, `must be a number from ${atLeast}${atMost === Infinity ? '' : ` to ${atMost}`}`)
    }
    return value
  }
  const spool = typeof options.spool === 'string' ? { dir: options.spool } : options.spool
  return {
    url: new URL(`${host.replace(/\/+$/, '')}/v1/batch`),
    // The server reads the key from the user name and takes no password.
    authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
    flushAfterMs: number('flushAfterMs', 200, 0),
    maxBatchBytes: number('maxBatchBytes', 450_000, 1, 4_000_000),
    maxBatchEvents: number('maxBatchEvents', 2_500, 1, 2_500),
    maxInFlight: number('maxInFlight', 4, 1),
    maxQueuedBytes: number('maxQueuedBytes', 64 * mebibyte, 1),
    maxQueuedEvents: number('maxQueuedEvents', spool === undefined ? 250_000 : Infinity, 1),
    maxAgeMs: number('maxAgeMs', 12 * 60 * 60_000, 0),
    requestTimeoutMs: number('requestTimeoutMs', 30_000, 1),
    flushTimeoutMs: number('flushTimeoutMs', 10_000, 0),
    gzip: options.gzip ?? true,
    spool: spool && {
      dir: spool.dir,
      maxBytes: spool.maxBytes ?? 512 * mebibyte,
      fsync: spool.fsync ?? false,
    },
    clock: options.clock ?? Date.now,
  }
}

const invalid = (name: string, problem: string) =>
  new TouchlineError('OPTIONS_INVALID', `new Touchline: ${name} ${problem}.`)
