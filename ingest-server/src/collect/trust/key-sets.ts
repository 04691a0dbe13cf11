/**
 * Public keys of identity providers (JWKS), read in the background: no event ever waits for another server.
 * What was read last stays in force while a provider does not answer.
 */
import type { JSONWebKeySet } from 'jose'
import { z } from 'zod'
import type { Logger } from '../../logger.js'
import type { KeySets } from './user-token.js'

const keySetSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) })

const rereadEveryMs = 10 * 60_000
const retryAfterMs = 5_000
/** Tokens with invented key ids may not make us ask a provider more often than this. */
const leastBetweenMs = 30_000
const timeoutMs = 5_000
const maxBytes = 256 * 1024

export interface OpenedKeySets extends KeySets {
  /** Reads these from now on, and no others. */
  follow(urls: readonly string[]): void
  close(): void
}

interface Followed {
  keySet?: JSONWebKeySet
  askedAtMs: number
  asking: boolean
  timer?: NodeJS.Timeout
}

export function openKeySets(logger: Logger, ask: typeof fetch = fetch): OpenedKeySets {
  const followed = new Map<string, Followed>()

  async function read(url: string, entry: Followed): Promise<void> {
    if (entry.asking) return
    entry.asking = true
    entry.askedAtMs = Date.now()
    clearTimeout(entry.timer)
    let waitMs = rereadEveryMs
    try {
      const answer = await ask(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
      if (!answer.ok) throw new Error(`it answered ${answer.status}`)
      const text = await textUpTo(answer)
      entry.keySet = keySetSchema.parse(JSON.parse(text))
    } catch (error) {
      logger.warn({ url, reason: (error as Error).message }, 'A JWKS could not be read; it is tried again')
      waitMs = retryAfterMs
    }
    entry.asking = false
    if (followed.get(url) === entry) entry.timer = setTimeout(() => void read(url, entry), waitMs).unref()
  }

  return {
    get: (url) => followed.get(url)?.keySet,
    refresh(url) {
      const entry = followed.get(url)
      if (!entry || entry.asking) return entry !== undefined
      if (Date.now() - entry.askedAtMs < leastBetweenMs) return false
      void read(url, entry)
      return true
    },
    follow(urls) {
      for (const [url, entry] of followed) {
        if (urls.includes(url)) continue
        clearTimeout(entry.timer)
        followed.delete(url)
      }
      for (const url of urls) {
        if (followed.has(url)) continue
        const entry: Followed = { askedAtMs: 0, asking: false }
        followed.set(url, entry)
        void read(url, entry)
      }
    },
    close() {
      for (const { timer } of followed.values()) clearTimeout(timer)
      followed.clear()
    },
  }
}

async function textUpTo(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error(`it is over ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
