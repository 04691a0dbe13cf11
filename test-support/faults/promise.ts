/**
 * A promise under a fault, told the same way everywhere: load on the servers while it happens, then what became of
 * every acknowledged event, whether the counters balance, and how long recovery took.
 */
import { appendFileSync } from 'node:fs'
import { expect } from 'vitest'
import { type Counting, countersAddUp, countersBalance } from './counters.js'
import { type Ledger, type LedgerResult, moreAcknowledged, settle, startLedger } from './ledger.js'
import { type TestServer, until } from '../server.js'

type Collecting = Pick<TestServer, 'url' | 'writeKey' | 'post'>

interface Parties {
  /** Where the load goes. */
  collects: readonly Collecting[]
  /** Who shows timelines; the first of `collects` where not said. */
  reader?: Pick<TestServer, 'get'>
  /** Whose counters are looked at; those of `collects` where not said. */
  counting?: Counting
  senders?: number
  pauseMs?: number
}

interface Recovery {
  /** Ends the fault; not given where it ends by itself or has just ended. */
  by?: (() => unknown) | undefined
  /** What must be seen again where that is not an event on a timeline. */
  seen?: (() => Promise<unknown>) | undefined
  /** When the fault ended, by `performance.now()`. */
  since?: number | undefined
}

interface Kept {
  /** Ids that had to become visible besides those of the load. */
  also?: readonly string[]
  /** Events besides the load's that may have come into the log without being counted as appended. */
  unconfirmedBesides?: number
  /** A process that counts was killed: what it counts from now on can be held to what is sent from now on. */
  countersLost?: boolean
  timeoutMs?: number
}

export interface PromiseUnderFault {
  ledger: Ledger
  /** Ends the fault, waits until its effects are over, and notes how long that took. */
  recover: (recovery?: Recovery) => Promise<void>
  /** Ends the load, prints the line, and fails unless all was kept. */
  kept: (fault: string, options?: Kept) => Promise<void>
}

export function openPromise({ collects, reader, counting, senders, pauseMs }: Parties): PromiseUnderFault {
  const [collect] = collects
  if (collect === undefined) throw new Error('nobody collects')
  const timelines = reader ?? (collect as TestServer)
  const counted = counting ?? { processes: collects }
  const recoverySeconds: number[] = []
  const ledger = startLedger({
    urls: collects.map(({ url }) => url),
    writeKey: collect.writeKey,
    ...(senders !== undefined && { senders }),
    ...(pauseMs !== undefined && { pauseMs }),
  })

  return {
    ledger,
    async recover({ by, seen, since } = {}) {
      const back = seen ?? (() => nextIsVisible(ledger, timelines))
      recoverySeconds.push(await secondsToRecover({ by, since, seen: back }))
    },
    async kept(fault, { also = [], unconfirmedBesides = 0, countersLost = false, timeoutMs } = {}) {
      await ledger.stop()
      const { people } = ledger
      const acknowledged = new Set([...ledger.acknowledged, ...also])
      const result = await settle(timelines, { acknowledged, people }, timeoutMs)
      report(fault, result, recoverySeconds)
      expect(result).toEqual({ acknowledged: acknowledged.size, lost: 0, twice: 0 })
      if (!countersLost) await countersBalance(counted, ledger.unconfirmed + unconfirmedBesides)
      await countersAddUp(counted, collect)
    },
  }
}

/**
 * What recovery means in every promise: the time from the fault's end (the process is told to start again, the disk
 * has room, the connection is let through; where nobody has to do anything, the fault itself) until the next event
 * that is acknowledged can be read back. A process that is started again is in it from its first instruction on.
 */
export async function secondsToRecover({
  by,
  since = performance.now(),
  seen,
}: Recovery & { seen: () => Promise<unknown> }): Promise<number> {
  await Promise.all([by?.(), seen()])
  return (performance.now() - since) / 1000
}

async function nextIsVisible(ledger: Ledger, reader: Pick<TestServer, 'get'>): Promise<void> {
  const before = ledger.acknowledged.size
  await moreAcknowledged(ledger, 1)
  const next = [...ledger.acknowledged][before]
  await until(async () => ((await reader.get(`/v1/events/${next}`)).status === 200 ? true : undefined), {
    what: 'the next acknowledged event to be visible',
    timeoutMs: 120_000,
    everyMs: 20,
  })
}

/** One line a promise; `npm test` gathers them in a table by the file that it names. */
export function report(fault: string, result: LedgerResult, recoverySeconds: readonly number[] = []): void {
  const { acknowledged, lost, twice } = result
  const worst = recoverySeconds.length > 0 ? Math.max(...recoverySeconds) : undefined
  const recovered = worst === undefined ? '' : ` · recovered in ${worst.toFixed(1)} s`
  console.log(`promise: ${fault} · acknowledged ${acknowledged} · lost ${lost} · twice ${twice}${recovered}`)
  const file = process.env.PROMISES_FILE
  const times = recoverySeconds.length
  const line = JSON.stringify({ fault, acknowledged, lost, twice, times, recoveredInSeconds: worst })
  if (file !== undefined) appendFileSync(file, `${line}\n`)
}
