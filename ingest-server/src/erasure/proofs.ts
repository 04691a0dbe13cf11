/** What can be shown of erasures. */
import type { ClickHouseClient } from '@clickhouse/client'
import { hashIdentifier } from '../log/tombstones.js'
import { readErasures, readProgress, type Erasure, type Progress } from './erasure-ledger.js'

/** The proof: what was asked for, and what the last check found. */
export interface Proof extends Progress {
  erasureId: string
  requestedAtMs: number
  /** How many identifiers of the person it covers. */
  identifiers: number
}

export async function proofOf(
  app: ClickHouseClient,
  project: string,
  erasureId: string,
): Promise<Proof | undefined> {
  const found = (await readErasures(app)).find(
    (erasure) => erasure.project === project && erasure.erasureId === erasureId,
  )
  return found && toProof(found, await readProgress(app))
}

/** Newest first; of all people where `person` is undefined. */
export async function proofsOf(
  app: ClickHouseClient,
  project: string,
  person: string | undefined,
): Promise<Proof[]> {
  const progress = await readProgress(app)
  const found = (await readErasures(app)).filter(
    (erasure) =>
      erasure.project === project &&
      (person === undefined || erasure.person === hashIdentifier(erasure.salt, person)),
  )
  return found.reverse().map((erasure) => toProof(erasure, progress))
}

const toProof = (erasure: Erasure, progress: ReadonlyMap<string, Progress>): Proof => ({
  erasureId: erasure.erasureId,
  requestedAtMs: erasure.requestedAtMs,
  identifiers: erasure.list.length,
  ...(progress.get(erasure.erasureId) ?? {
    state: 'running',
    atMs: erasure.requestedAtMs,
    remaining: {},
    note: '',
  }),
})
