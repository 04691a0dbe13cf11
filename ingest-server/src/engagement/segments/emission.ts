/**
 * Saying outward who entered and left: what is true now and was not said yet. The n-th record of a subject in a segment has
 * one id, whoever writes it and however often; so a process that is killed anywhere says nothing twice.
 *
 * Who was merged away is not said to leave, nor is the one they are now said to enter: the membership goes on (`moved`,
 * `joined`), silently. Told apart again, it comes back as silently.
 */
import { idOf, precedenceOf, record } from '../record.js'
import { readHeld, readPersons } from '../people-now.js'
import type { EngageSource, RecordDeps } from '../source.js'
import type { Segment } from './memberships.js'
import { readLastSaid, readWhoIsIn, type Pending } from './pending.js'

export interface Saying {
  change: 'enter' | 'leave' | 'moved' | 'joined'
  cause: 'change' | 'definition' | 'identity'
  validAt: number
  movedTo?: string
}

/** Of one who is another person now and whose membership nobody has: touchpoints may be on their way. */
const waitForOwnerMs = 30_000

export interface EmissionDeps extends Pick<RecordDeps, 'app' | 'log'> {
  source: EngageSource
  /** Milliseconds; never before a time that anything was known at. */
  now: number
  /** Whether this process may say something about the subject, asked just before it does. */
  mayWrite: (subject: string) => boolean
  waiting: Waiting
}

export type Waiting = ReturnType<typeof openWaiting>

/** Who waits for their owner's touchpoints since when. In memory: another process waits anew. */
export function openWaiting() {
  const since = new Map<string, { project: string; subject: string; at: number }>()
  const keyOf = (project: string, segment: string, subject: string) =>
    JSON.stringify([project, segment, subject])
  return {
    /** Milliseconds that it has waited by now. */
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

/** Resolves with how many entries and leaves were said. */
export async function emit(
  segments: readonly Segment[],
  pending: readonly Pending[],
  deps: EmissionDeps,
): Promise<number> {
  let said = 0
  for (const segment of segments) {
    const mine = pending.filter((one) => one.segment === segment.id && deps.mayWrite(one.subject))
    if (mine.length === 0) continue
    const sayings =
      segment.body.subject === 'person'
        ? await ofPeople(segment, mine, deps)
        : mine.map((one) => ({ one, saying: plain(segment, one) }))
    const rows = sayings
      .filter(({ one }) => deps.mayWrite(one.subject))
      .map(({ one, saying }) => toRow(segment, one, { saying, source: deps.source, now: deps.now }))
    await record(deps, 'segment_transitions', rows)
    said += sayings.filter(({ saying }) => saying.change === 'enter' || saying.change === 'leave').length
  }
  return said
}

function plain({ at }: Segment, { isIn, since, knownAt }: Pending): Saying {
  // Of a membership that never was, as is known now, nothing says when it ended: since it was last said to be one.
  if (!isIn) return { change: 'leave', cause: 'change', validAt: since === 0 ? knownAt : since }
  return { change: 'enter', cause: since < at ? 'definition' : 'change', validAt: since === 0 ? at : since }
}

interface Said {
  one: Pending
  saying: Saying
}

async function ofPeople(segment: Segment, pending: readonly Pending[], deps: EmissionDeps): Promise<Said[]> {
  const entering = pending.filter(({ isIn }) => isIn)
  const leaving = pending.filter(({ isIn }) => !isIn)
  return [...(await entries(segment, entering, deps)), ...(await leaves(segment, leaving, deps))]
}

async function entries(segment: Segment, pending: readonly Pending[], deps: EmissionDeps): Promise<Said[]> {
  if (pending.length === 0) return []
  const held = await readHeld(
    deps.source,
    pending.map(({ subject }) => subject),
  )
  const others = [...new Set([...held.values()].flat())]
  const last = await readLastSaid(deps.source, segment.id, others)
  return pending.map((one) => {
    const wasIn = (held.get(one.subject) ?? []).some((other) => {
      const said = last.get(other)
      if (said === undefined || said.change === 'leave' || said.knownAt <= one.knownAt) return false
      return said.change !== 'moved' || said.movedTo === one.subject
    })
    const cameBack = one.change === 'moved' && one.since <= one.knownAt
    if (!wasIn && !cameBack) return { one, saying: plain(segment, one) }
    return { one, saying: { change: 'joined', cause: 'identity', validAt: one.since } }
  })
}

async function leaves(segment: Segment, pending: readonly Pending[], deps: EmissionDeps): Promise<Said[]> {
  if (pending.length === 0) return []
  const owners = await readPersons(
    deps.source,
    pending.map(({ subject }) => subject),
  )
  const ownerOf = ({ subject }: Pending) => {
    const owner = owners.get(subject)?.at(-1)
    return owner === subject ? undefined : owner
  }
  const asked = [...new Set(pending.flatMap((one) => ownerOf(one) ?? []))]
  const { now } = deps
  const isIn =
    asked.length === 0
      ? new Set<string>()
      : await readWhoIsIn(deps.source, segment.id, { subjects: asked, now })
  return pending.flatMap((one): Said[] => {
    const owner = ownerOf(one)
    const key = [deps.source.project, segment.id, one.subject] as const
    if (owner === undefined) return [{ one, saying: plain(segment, one) }]
    if (isIn.has(owner)) {
      deps.waiting.end(...key)
      return [{ one, saying: { change: 'moved', cause: 'identity', validAt: now, movedTo: owner } }]
    }
    if (deps.waiting.waited(...key) < waitForOwnerMs) return []
    deps.waiting.end(...key)
    return [{ one, saying: plain(segment, one) }]
  })
}

function toRow(
  segment: Segment,
  { subject, n }: Pending,
  { saying, source: { project }, now }: { saying: Saying; source: EngageSource; now: number },
) {
  const { id, version, body } = segment
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
