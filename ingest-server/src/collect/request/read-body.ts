/**
 * The body of a request as its handler wants it: text where nothing was encoded, else bytes. A body of several chunks is
 * put together in one buffer that all requests share, for text is made of it at once; a buffer of its own for each
 * lies outside the heap, and many of those make V8 collect all of it.
 */
import type { IncomingMessage } from 'node:http'
import { TouchlineError } from '../../errors.js'

export type SentBody = string | Buffer

type Done = (error: Error | null, body?: SentBody) => void

const initialBytes = 64 * 1024
let shared = Buffer.allocUnsafeSlow(initialBytes)

export interface Bounds {
  maxBytes: number
  /** As it came, whatever its encoding: of what is signed each byte counts. */
  asBytes?: boolean
  /** Told of each piece of the body as it comes; the error to end with where there is no room for it. */
  arrived: (bytes: number) => Error | undefined
}

/** Calls `done` once: with the body, with BODY_TOO_LARGE, BODY_NOT_JSON, the error of `arrived`, or what broke the connection. */
export function readBody(
  request: IncomingMessage,
  { maxBytes, arrived, asBytes = false }: Bounds,
  done: Done,
): void {
  const announced = Number(request.headers['content-length'])
  if (announced > maxBytes) return done(tooLarge(maxBytes))
  const isKept = asBytes || request.headers['content-encoding'] !== undefined
  const chunks: Buffer[] = []
  let bytes = 0

  function end(error: Error | null): void {
    request.off('data', onData).off('end', onEnd).off('error', end)
    if (error !== null) done(error)
    else done(null, isKept ? Buffer.concat(chunks, bytes) : textOf(chunks, bytes))
  }

  function onData(chunk: Buffer): void {
    bytes += chunk.length
    chunks.push(chunk)
    const refused = bytes > maxBytes ? tooLarge(maxBytes) : arrived(chunk.length)
    if (refused !== undefined) end(refused)
  }

  function onEnd(): void {
    const isCut = !Number.isNaN(announced) && bytes !== announced
    end(
      isCut
        ? new TouchlineError('BODY_NOT_JSON', 'The body is not as long as its Content-Length says.')
        : null,
    )
  }

  request.on('data', onData).on('end', onEnd).on('error', end)
}

function textOf(chunks: readonly Buffer[], bytes: number): string {
  const [only] = chunks
  if (only === undefined) return ''
  if (chunks.length === 1) return only.toString('utf8')
  if (bytes > shared.length) shared = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * shared.length))
  let end = 0
  for (const chunk of chunks) end += chunk.copy(shared, end)
  return shared.toString('utf8', 0, end)
}

const tooLarge = (maxBytes: number) =>
  new TouchlineError('BODY_TOO_LARGE', `The body is over ${maxBytes / 1024} KB. Send smaller batches.`)
