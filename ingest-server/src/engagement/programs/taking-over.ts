/** Slots that come to this process and go from it: what waits in them is read once everything before can be read. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { readWaiting } from '../deliveries/read.js'
import type { Sender } from '../deliveries/sender.js'
import type { Feeds } from '../feeds/feeds.js'
import type { Sequencer } from '../feeds/sequencer.js'
import type { Leases } from '../../projections/leases.js'
import type { ProgramsDeps } from './deps.js'
import type { Entrances } from './entering/entrances.js'
import { readWaitingRuns } from './facts.js'
import type { RunStore } from './waiting-runs.js'
import type { Watch } from './watch.js'

export interface TakingOver {
  deps: Pick<ProgramsDeps, 'log' | 'logger'>
  app: ClickHouseClient
  leases: Leases
  /** Slots that are worked on; kept here. */
  ready: Set<number>
  runs: RunStore
  sender: Sender
  versions: { begin: () => Promise<void> }
  entrances: Pick<Entrances, 'goBackTo'>
  sequencer: Pick<Sequencer, 'goBackTo'>
  feeds: Pick<Feeds, 'forget'>
  watch: Pick<Watch, 'lookAtAll'>
  progress: Parameters<Leases['keep']>[0]
  stopping: AbortController
}

type Gained = ReadonlyMap<number, { settledUntil: string | null }>

/** Takes, renews and gives back leases where it is time. */
export function openTakingOver(parts: TakingOver): () => Promise<void> {
  const { leases, ready, runs, sender, progress } = parts
  // Kept until it is done: where ClickHouse fails in between the next pass begins again.
  const taking = new Map<number, { settledUntil: string | null }>()
  return async () => {
    const { gained, lost } = await leases.keep(progress)
    // What went with a renewal between two passes, too; and what comes back is read anew.
    const gone = new Set([...lost, ...gained.keys()])
    for (const slot of ready) if (!leases.holds(slot) && !leases.hasLapsed(slot)) gone.add(slot)
    if (gone.size > 0) {
      for (const slot of gone) ready.delete(slot)
      for (const slot of gone) taking.delete(slot)
      runs.keepSlots((slot) => !gone.has(slot))
      sender.drop(({ slot }) => gone.has(slot))
    }
    for (const [slot, was] of gained) taking.set(slot, was)
    if (taking.size === 0) return
    await takeOver(parts, taking)
    taking.clear()
  }
}

async function takeOver(parts: TakingOver, gained: Gained): Promise<void> {
  const { app, runs, sender, ready, stopping } = parts
  await untilStored(parts)
  if (stopping.signal.aborted) return
  await parts.versions.begin()
  const slots = [...gained.keys()]
  for await (const page of readWaitingRuns(app, slots)) for (const run of page) runs.put(run)
  for await (const page of readWaiting(app, slots)) sender.add(page)
  for (const slot of slots) ready.add(slot)
  const times = [...gained.values()].map(({ settledUntil }) => settledUntil)
  parts.entrances.goBackTo(times)
  parts.sequencer.goBackTo(times)
  parts.feeds.forget()
  parts.watch.lookAtAll()
}

/** Everything that was appended before now stands in the tables. */
async function untilStored({ deps: { log, logger }, stopping }: TakingOver): Promise<void> {
  const since = performance.now()
  const isStored = await log.noteEnd()
  for (let wasLogged = false; !stopping.signal.aborted && !(await isStored());) {
    if (!wasLogged && performance.now() - since > 10_000) {
      logger.warn({ lag: await log.lag() }, 'Programs wait until the log is stored')
      wasLogged = true
    }
    await delay(50)
  }
}
