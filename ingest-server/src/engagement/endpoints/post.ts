/** One POST to an endpoint: ten seconds, no redirect followed, the first bytes of the answer kept. */
import http from 'node:http'
import https from 'node:https'
import { TouchlineError } from '../../errors.js'
import { guardedLookup, problemOfUrl, type AllowedRange, type Resolve } from './address-guard.js'

export interface Answer {
  /** HTTP status; 0 where there was none. */
  status: number
  latencyMs: number
  /** The first 500 bytes of the answer, or why there was none. */
  answer: string
  /** What Retry-After says, in milliseconds from now. */
  retryAfterMs: number | undefined
}

export interface Poster {
  post(url: string, message: { headers: Readonly<Record<string, string>>; body: string }): Promise<Answer>
  close(): void
}

export interface PosterOptions {
  allowed: readonly AllowedRange[]
  resolve?: Resolve
  timeoutMs?: number
}

const keptBytes = 500
/** Whoever sends more than this as an answer is cut off. */
const readBytes = 64 * 1024

export function openPoster({ allowed, resolve, timeoutMs = 10_000 }: PosterOptions): Poster {
  const lookup = guardedLookup(allowed, resolve)
  // Many: no endpoint waits for a connection of another, and each has its own bound of requests under way.
  const agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 64, timeout: 60_000 }),
    'https:': new https.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 64, timeout: 60_000 }),
  }
  return {
    async post(text, { headers, body }) {
      const startedAt = performance.now()
      const failed = (why: string): Answer => ({
        status: 0,
        latencyMs: Math.round(performance.now() - startedAt),
        answer: why.slice(0, keptBytes),
        retryAfterMs: undefined,
      })
      const problem = problemOfUrl(text, allowed)
      if (problem !== undefined) return failed(`url: ${problem}`)
      const url = new URL(text)
      const isSecure = url.protocol === 'https:'
      const agent = isSecure ? agents['https:'] : agents['http:']
      try {
        return await new Promise<Answer>((resolveAnswer, reject) => {
          const request = (isSecure ? https : http).request(
            url,
            {
              method: 'POST',
              agent,
              lookup,
              headers: {
                ...headers,
                'content-type': 'application/json',
                'content-length': String(Buffer.byteLength(body)),
                'user-agent': 'Touchline',
              },
            },
            (response) => readAnswer(response, startedAt, resolveAnswer, reject),
          )
          // Of the whole: an endpoint that answers a byte a second hangs too.
          const timer = setTimeout(
            () => request.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)),
            timeoutMs,
          )
          request.on('close', () => clearTimeout(timer))
          request.on('error', reject)
          request.end(body)
        })
      } catch (error) {
        return failed(wordsOf(error))
      }
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

function readAnswer(
  response: http.IncomingMessage,
  startedAt: number,
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
): void {
  const chunks: Buffer[] = []
  let bytes = 0
  const done = () =>
    resolve({
      status: response.statusCode ?? 0,
      latencyMs: Math.round(performance.now() - startedAt),
      answer: Buffer.concat(chunks).subarray(0, keptBytes).toString('utf8'),
      retryAfterMs: retryAfterOf(response.headers['retry-after'], Date.now()),
    })
  response.on('data', (chunk: Buffer) => {
    if (bytes < keptBytes) chunks.push(chunk)
    bytes += chunk.length
    if (bytes <= readBytes) return
    // The status is known, and that is what counts.
    done()
    response.destroy()
  })
  response.on('end', done)
  response.on('error', reject)
  response.on('aborted', () => reject(new Error('the connection ended in the middle of the answer')))
}

/** Seconds or a date, as HTTP has it; undefined for anything else. */
export function retryAfterOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  const seconds = /^\s*\d+\s*$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined
}

function wordsOf(error: unknown): string {
  if (error instanceof TouchlineError) return error.message
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  return code === undefined || error.message.includes(code) ? error.message : `${code} ${error.message}`
}
