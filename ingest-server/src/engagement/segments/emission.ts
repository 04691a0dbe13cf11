/**
 * Emits entries and leaves of segments that are true now and are not recorded yet. The n-th record of a subject in a
 * segment has one id, whichever process writes it and however often; so a process that is killed anywhere emits nothing
 * twice.
 *
 * A merge emits neither a leave of the person merged away nor an entry of the person they are now: the membership goes on
 * (records `moved` and `joined`), which programs do not see. So it is when the two are taken apart again.
 */
import { idOf, precedenceOf, record } from '../record.js'
import { readHeld, readPersons } from '../people-now.js'
import type { EngageSource, RecordDeps } from '../source.js'
import type { Segment } from './memberships.js'
import { pairOf } from './membership.js'
import { readLastSaid, readWhoIsIn, type Pending } from './pending.js'

export interface Saying {
  change: 'enter' | 'leave' | 'moved' | 'joined'
  cause: 'change' | 'definition' | 'identity'
  validAt: number
  movedTo?: string
}

/**
 * How long a subject that was merged away waits until its new person is in the segment: touchpoints may be on their
 * way.
 */
const waitForOwnerMs = 30_000

export interface EmissionDeps extends Pick<RecordDeps, 'app' | 'log'> {
  source: EngageSource
  /** Milliseconds; never before a time that anything was known at. */
  now: number
  /** Whether this process may emit something about the subject; asked just before it does. */
  mayWrite: (subject: string) => boolean
  waiting: Waiting
}

export type Waiting = ReturnType<typeof openWaiting>

/** Since when subjects wait for their owner's touchpoints. In memory: another process waits anew. */
export function openWaiting() {
  const since = new Map<string, { project: string; subject: string; at: number }>()
  const keyOf = (project: string, segment: string, subject: string) =>
    JSON.stringify([project, segment, subject])
  return {
    /** Milliseconds that the subject has waited by now; the first call begins the wait. */
    waited(project: string, segment: string, subject: string): number {
      const key = keyOf(project, segment, subject)
      const known = since.get(key) ?? { project, subject, at: performance.now() }
      since.set(key, known)
      return performance.now() - known.at
    },
    end: (project: string, segment: string, subject: string) =>
      void since.delete(keyOf(project, segment, subject)),
    of: (project: string): string[] => [
      ...new Set([...since.values()].flatMap((one) => (one.project === project ? [one.subject] : []))),
    ],
  }
}

/** Resolves with the number of emitted entries and leaves. */
export async function emit(
  segments: readonly Segment[],
  pending: readonly Pending[],
  deps: EmissionDeps,
): Promise<number> {
  const byId = new Map(segments.map((segment) => [segment.id, segment]))
  const mine = pending.flatMap((one): Placed[] => {
    const segment = byId.get(one.segment)
    return segment === undefined || !deps.mayWrite(one.subject) ? [] : [{ segment, one }]
  })
  if (mine.length === 0) return 0
  const ofAccounts = mine.filter(({ segment }) => segment.body.subject === 'account')
  const ofPersons = mine.filter(({ segment }) => segment.body.subject === 'person')
  const sayings = [
    ...ofAccounts.map((placed) => ({ ...placed, saying: plain(placed) })),
    ...(await entries(
      ofPersons.filter(({ one }) => one.isIn),
      deps,
    )),
    ...(await leaves(
      ofPersons.filter(({ one }) => !one.isIn),
      deps,
    )),
  ]
  const rows = sayings.filter(({ one }) => deps.mayWrite(one.subject)).map((said) => toRow(said, deps))
  await record(deps, 'segment_transitions', rows)
  return sayings.filter(({ saying }) => saying.change === 'enter' || saying.change === 'leave').length
}

interface Placed {
  segment: Segment
  one: Pending
}

interface Said extends Placed {
  saying: Saying
}

function plain({ segment: { at }, one: { isIn, since, knownAt } }: Placed): Saying {
  // By the present facts the membership never was, so it has no end: the time of the last record stands for it.
  if (!isIn) return { change: 'leave', cause: 'change', validAt: since === 0 ? knownAt : since }
  return { change: 'enter', cause: since < at ? 'definition' : 'change', validAt: since === 0 ? at : since }
}

const subjectsOf = (placed: readonly Placed[]) => [...new Set(placed.map(({ one }) => one.subject))]
const segmentsOf = (placed: readonly Placed[]) => [...new Set(placed.map(({ segment }) => segment.id))]

async function entries(entering: readonly Placed[], { source }: EmissionDeps): Promise<Said[]> {
  const held = await readHeld(source, subjectsOf(entering))
  const others = [...new Set([...held.values()].flat())]
  const last = await readLastSaid(source, segmentsOf(entering), others)
  return entering.map((placed) => {
    const { segment, one } = placed
    const wasIn = (held.get(one.subject) ?? []).some((other) => {
      const said = last.get(pairOf(segment.id, other))
      if (said === undefined || said.change === 'leave' || said.knownAt <= one.knownAt) return false
      return said.change !== 'moved' || said.movedTo === one.subject
    })
    const cameBack = one.change === 'moved' && one.since <= one.knownAt
    if (!wasIn && !cameBack) return { ...placed, saying: plain(placed) }
    return { ...placed, saying: { change: 'joined', cause: 'identity', validAt: one.since } }
  })
}

async function leaves(leaving: readonly Placed[], deps: EmissionDeps): Promise<Said[]> {
  const { source, now, waiting } = deps
  const owners = await readPersons(source, subjectsOf(leaving))
  const ownerOf = ({ one: { subject } }: Placed) => {
    const owner = owners.get(subject)?.at(-1)
    return owner === subject ? undefined : owner
  }
  const moved = leaving.filter((placed) => ownerOf(placed) !== undefined)
  const subjects = [...new Set(moved.flatMap((placed) => ownerOf(placed) ?? []))]
  const isIn = await readWhoIsIn(source, segmentsOf(moved), { subjects, now })
  return leaving.flatMap((placed): Said[] => {
    const { segment, one } = placed
    const owner = ownerOf(placed)
    const key = [source.project, segment.id, one.subject] as const
    if (owner === undefined) return [{ ...placed, saying: plain(placed) }]
    if (isIn.has(pairOf(segment.id, owner))) {
      waiting.end(...key)
      return [{ ...placed, saying: { change: 'moved', cause: 'identity', validAt: now, movedTo: owner } }]
    }
    if (waiting.waited(...key) < waitForOwnerMs) return []
    waiting.end(...key)
    return [{ ...placed, saying: plain(placed) }]
  })
}

function toRow(
  { segment: { id, version, body }, one: { subject, n }, saying }: Said,
  { source: { project }, now }: EmissionDeps,
) {
  return {
    project,
    segment: id,
    subject,
    n: n + 1,
    id: idOf(project, id, subject, n + 1),
    change: saying.change,
    cause: saying.cause,
    segment_version: version,
    subject_kind: body.subject,
    moved_to: saying.movedTo ?? '',
    valid_at: new Date(saying.validAt).toISOString(),
    known_at: new Date(now).toISOString(),
    precedence: precedenceOf(now),
  }
}
