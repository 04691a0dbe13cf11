/**
 * Accepted events that the server does not have yet, as batches in the order of acceptance:
 *
 *     open (takes events) ──cut──▶ ready ──take──▶ taken (being sent) ──settle──▶ gone
 *                                    ▲────────────putBack──┘
 *
 * Bounded: without a spool by the bytes and the number of events held in memory, with a spool by its bytes on
 * disk; batches beyond `maxQueuedBytes` are then kept only there, and read back when their turn comes.
 */
import { addEvent, emptyBatch, eventsOf, halves, type Batch, type Waiting } from './batch.js'
import type { Spool, SpoolFile } from './spool.js'

export interface OutboxOptions {
  maxBatchBytes: number
  maxBatchEvents: number
  maxQueuedBytes: number
  maxQueuedEvents: number
  spool: Spool | undefined
  /** An event was accepted into memory alone. */
  onSpoolFailure: (error: unknown) => void
}

export type Outbox = ReturnType<typeof openOutbox>

export function openOutbox(options: OutboxOptions) {
  const { spool } = options
  let open: Batch | undefined
  const ready: Batch[] = []
  const taken = new Set<Batch>()
  const files = new Map<Batch, SpoolFile>()
  let heldBytes = 0
  let events = 0
  let nextNumber = 0
  let lastSize = 0

  /** Accepts an event, or says why not. */
  function add(event: Waiting, jsonBytes: number): 'QUEUE_FULL' | 'SPOOL_FULL' | undefined {
    if (events >= options.maxQueuedEvents) return 'QUEUE_FULL'
    if (spool === undefined && heldBytes + jsonBytes > options.maxQueuedBytes) return 'QUEUE_FULL'
    if (spool?.hasRoomFor(jsonBytes) === false) return 'SPOOL_FULL'
    if (
      open !== undefined &&
      (open.size + jsonBytes > options.maxBatchBytes || open.count >= options.maxBatchEvents)
    ) {
      cut()
    }
    const batch = (open ??= emptyBatch(nextNumber, lastSize))
    writeToSpool(batch, event.json)
    if (batch.isOnlyInMemory && heldBytes + jsonBytes > options.maxQueuedBytes) return 'QUEUE_FULL'
    const before = batch.size
    addEvent(batch, event, jsonBytes)
    batch.newestAt = performance.now()
    heldBytes += batch.size - before
    events += 1
    nextNumber += 1
    return undefined
  }

  /** After a failure the batch goes on in memory alone; the next one tries the spool again. */
  function writeToSpool(batch: Batch, json: string): void {
    if (spool === undefined || batch.isOnlyInMemory) return
    try {
      let file = files.get(batch)
      if (file === undefined) files.set(batch, (file = spool.create()))
      spool.append(file, json)
    } catch (error) {
      batch.isOnlyInMemory = true
      options.onSpoolFailure(error)
    }
  }

  /** Ends the open batch: it takes no more events and can be sent. */
  function cut(): void {
    // A batch whose first event was refused is empty.
    if (open === undefined || open.count === 0) return
    const batch = open
    open = undefined
    lastSize = batch.size
    ready.push(batch)
    const file = files.get(batch)
    if (file !== undefined) spool?.seal(file)
    letGo(batch)
  }

  /** Keeps the batch in the spool alone where memory is full. */
  function letGo(batch: Batch): void {
    const isOnDisk = files.has(batch) && !batch.isOnlyInMemory
    if (!isOnDisk || heldBytes <= options.maxQueuedBytes || batch.bytes === undefined) return
    heldBytes -= batch.size
    batch.bytes = undefined
    batch.ends = []
  }

  /** The oldest batch that may be sent now. It still counts as waiting until it is settled. */
  function take(now: number): Batch | undefined {
    const index = ready.findIndex((batch) => batch.notBefore <= now)
    const [batch] = index < 0 ? [] : ready.splice(index, 1)
    if (batch !== undefined) taken.add(batch)
    return batch
  }

  function putBack(batch: Batch): void {
    if (!taken.delete(batch)) return
    const index = ready.findIndex((other) => other.firstNumber > batch.firstNumber)
    ready.splice(index < 0 ? ready.length : index, 0, batch)
    letGo(batch)
  }

  /** Lets batches that wait after a failure be tried from `notBefore` on. */
  function hurry(notBefore: number): void {
    for (const batch of ready) {
      batch.attempts = 0
      batch.notBefore = Math.min(batch.notBefore, notBefore)
    }
  }

  /** The batch is done with: stored, refused or given up. */
  function settle(batch: Batch): void {
    if (!taken.delete(batch)) return
    forget(batch)
  }

  function forget(batch: Batch): void {
    if (batch.bytes !== undefined) heldBytes -= batch.size
    batch.bytes = undefined
    events -= batch.count
    const file = files.get(batch)
    if (file !== undefined) spool?.remove(file)
    files.delete(batch)
  }

  /** Puts two halves in the place of a batch that was too large for the server. */
  function halve(batch: Batch): void {
    if (!taken.delete(batch)) return
    const both = halves(batch)
    for (const half of both) {
      heldBytes += half.size
      events += half.count
      if (spool !== undefined) for (const { json } of eventsOf(half)) writeToSpool(half, json)
      const file = files.get(half)
      if (file !== undefined) spool?.seal(file)
      taken.add(half)
      putBack(half)
    }
    // After the halves are written: a crash in between sends twice, which the server recognises.
    forget(batch)
  }

  /** Brings back the bytes of a batch that is only in the spool. Returns the number of damaged records. */
  async function readBack(batch: Batch): Promise<number> {
    const file = files.get(batch)
    if (batch.bytes !== undefined || spool === undefined || file === undefined) return 0
    const { events: jsons, damaged } = await spool.read(file)
    const whole = emptyBatch(batch.firstNumber, batch.size)
    for (const json of jsons) addEvent(whole, { json, messageId: '' }, Buffer.byteLength(json))
    events += whole.count - batch.count
    const lost = batch.count - whole.count
    Object.assign(batch, { bytes: whole.bytes, ends: whole.ends, size: whole.size, count: whole.count })
    heldBytes += batch.size
    return Math.max(damaged, lost)
  }

  /** Takes over what ended processes left in the spool. Returns the number of events and of damaged records. */
  async function adopt(): Promise<{ adopted: number; damaged: number }> {
    let adopted = 0
    let damaged = 0
    for (const file of spool?.adopt() ?? []) {
      const batch = emptyBatch(nextNumber)
      batch.bytes = undefined
      // Its age begins anew: however long the process was down, the event is tried for the full time.
      batch.newestAt = performance.now()
      files.set(batch, file)
      damaged += await readBack(batch)
      nextNumber += batch.count
      adopted += batch.count
      taken.add(batch)
      if (batch.count === 0) settle(batch)
      else putBack(batch)
    }
    return { adopted, damaged }
  }

  return {
    add,
    cut,
    take,
    putBack,
    hurry,
    settle,
    halve,
    readBack,
    adopt,
    /** Events accepted so far: those with a lower number were accepted before now. */
    acceptedUpTo: () => nextNumber,
    /** True where no event with a lower number waits. */
    isSettledUpTo: (number: number) =>
      (open === undefined || open.count === 0 || open.firstNumber >= number) &&
      [...ready, ...taken].every((batch) => batch.firstNumber >= number),
    hasOpen: () => open !== undefined && open.count > 0,
    readyCount: () => ready.length,
    /** When the first batch that is ready may be sent; Infinity if none is. */
    readyAt: () => ready.reduce((earliest, batch) => Math.min(earliest, batch.notBefore), Infinity),
    waiting: () => events,
    /** Leaves everything as it is; what is in the spool stays there. */
    close() {
      cut()
      spool?.close()
    },
  }
}
