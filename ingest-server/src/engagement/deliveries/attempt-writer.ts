/** Records attempts; tries again until it succeeds. */
import type { Logger } from '../../logger.js'
import { backOffMs, pause } from '../../loop.js'
import type { Attempt } from './delivery.js'
import type { Waiting } from './read.js'

export interface AttemptWriterDeps {
  /** Resolves once the attempts are durable and can be read. */
  record: (attempts: readonly Attempt[], taken: readonly Waiting[]) => Promise<void>
  logger: Logger
}

const pace = { first: 100, most: 5_000 }

export type AttemptWriter = ReturnType<typeof openWriter>

/** Attempts of many deliveries in one append: a thousand a second are ten writes. */
export function openWriter({ record, logger }: AttemptWriterDeps) {
  let pending: { attempt: Attempt; delivery: Waiting; done: () => void }[] = []
  let isWriting = false

  async function writeAll(): Promise<void> {
    isWriting = true
    while (pending.length > 0) {
      const batch = pending
      pending = []
      for (let attempt = 1; ; attempt += 1) {
        try {
          const taken = batch.filter(({ attempt }) => attempt.state === 'delivered')
          await record(
            batch.map(({ attempt }) => attempt),
            taken.map(({ delivery }) => delivery),
          )
          break
        } catch (error) {
          if (attempt === 1)
            logger.warn({ err: error }, 'What came of deliveries could not be written and is tried again')
          await pause(backOffMs(attempt, pace))
        }
      }
      for (const { done } of batch) done()
    }
    isWriting = false
  }

  return {
    /** Resolves once it is durable. */
    write: (attempt: Attempt, delivery: Waiting) =>
      new Promise<void>((resolve) => {
        pending.push({ attempt, delivery, done: resolve })
        if (!isWriting) setTimeout(() => (isWriting ? undefined : void writeAll()), 20)
      }),
  }
}
