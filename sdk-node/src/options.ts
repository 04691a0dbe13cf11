import { createHash } from 'node:crypto'
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
  /**
   * A folder in which accepted events survive the process, or that and its limits. Absent: memory only. Clients with
   * another writeKey or host may share it: each sends only its own.
   */
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
  /** If absent, only what costs events is said, on stderr, once a kind. */
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
  if (typeof options !== 'object' || options === null) {
    throw invalid(
      'the options',
      "are missing: new Touchline({ writeKey: 'wk_…', host: 'https://events.example.com' })",
    )
  }
  const writeKey = writeKeyFrom(options.writeKey)
  const number = (name: keyof TouchlineOptions, otherwise: number, atLeast: number, atMost = Infinity) =>
    numberFrom(name, options[name] ?? otherwise, atLeast, atMost)
  const spool = spoolFrom(options.spool)
  for (const name of ['fetch', 'clock', 'onReject', 'onDrop'] as const) {
    if (!isOneOf(options[name], 'function')) throw invalid(name, 'must be a function')
  }
  const { logger } = options
  for (const level of ['debug', 'warn', 'error'] as const) {
    if (isAbsent(logger) || typeof logger?.[level] === 'function') continue
    throw invalid('logger', 'must have the functions debug, warn and error, as console has')
  }
  return {
    url: urlFrom(options.host),
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
    gzip: booleanFrom('gzip', options.gzip, true),
    spool: spool && { ...spool, target: targetOf(urlFrom(options.host), writeKey) },
    clock: options.clock ?? Date.now,
  }
}

/** Told apart in the spool: events go only to the server and the project that they were meant for. */
const targetOf = (url: URL, writeKey: string): string =>
  createHash('sha256').update(`${url.href} ${writeKey}`).digest('hex').slice(0, 12)

function writeKeyFrom(writeKey: unknown): string {
  if (typeof writeKey !== 'string' || writeKey.trim() === '') throw invalid('writeKey', 'is missing')
  // A file that holds the key ends in a line break, which is not part of it.
  const key = writeKey.trim()
  if (/[\s:]/.test(key)) throw invalid('writeKey', 'must be one key, without blanks and colons')
  return key
}

function urlFrom(given: unknown): URL {
  if (given === undefined || given === null || given === '') {
    throw invalid(
      'host',
      'is missing: where your Touchline server listens, such as https://events.example.com',
    )
  }
  const host = typeof given === 'string' ? given.trim() : ''
  if (!/^https?:\/\/[^/]/i.test(host) || !URL.canParse(host)) {
    throw invalid('host', 'must be an address such as https://events.example.com')
  }
  const { search, hash, username, password, pathname } = new URL(host)
  if (search + hash + username + password !== '') {
    throw invalid('host', 'must be an address without a query, a fragment and a user name')
  }
  if (/\/v1(?:\/[a-z]*)?\/*$/.test(pathname))
    throw invalid('host', 'must be given without /v1, which is added to it')
  return new URL(`${host.replace(/\/+$/, '')}/v1/batch`)
}

function spoolFrom(given: unknown): { dir: string; maxBytes: number; fsync: boolean } | undefined {
  if (isAbsent(given)) return undefined
  const { dir, maxBytes, fsync } = (typeof given === 'object' ? given : { dir: given }) as Record<
    string,
    unknown
  >
  if (typeof dir !== 'string' || dir.trim() === '') {
    throw invalid('spool', 'must be a folder, or { dir, maxBytes, fsync }')
  }
  return {
    dir,
    maxBytes: numberFrom('spool.maxBytes', maxBytes ?? 512 * mebibyte, 1),
    fsync: booleanFrom('spool.fsync', fsync, false),
  }
}

function numberFrom(name: string, value: unknown, atLeast: number, atMost = Infinity): number {
  if (typeof value === 'number' && value >= atLeast && value <= atMost) return value
  throw invalid(name, `must be a number from ${atLeast}${atMost === Infinity ? '' : ` to ${atMost}`}`)
}

function booleanFrom(name: string, value: unknown, otherwise: boolean): boolean {
  if (!isOneOf(value, 'boolean')) throw invalid(name, 'must be true or false')
  return (value as boolean | null | undefined) ?? otherwise
}

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null
const isOneOf = (value: unknown, type: 'function' | 'boolean'): boolean =>
  isAbsent(value) || typeof value === type

const invalid = (name: string, problem: string) =>
  new TouchlineError('OPTIONS_INVALID', `new Touchline: ${name} ${problem}.`)
