/**
 * Who begins a program. What starts it is a moment that became known: a transition of a segment, a touch, a condition
 * that became true. A moment starts a program once, whatever it is told as and whoever its subject is merged with.
 */
import { durationMs, type Subject } from '@touchline/schemas/api'
import type { Reader } from '../../../clickhouse/query.js'
import type { Definition } from '../../../definitions/documents/definition.js'
import { slotOfSubject } from '../../slots.js'
import { readEntries, readTriggers, type Before } from '../facts.js'
import { dueOf } from '../machine.js'
import type { Program } from '../programs.js'
import { runKey, type EntryWay, type Fact } from '../run.js'
import { namesOfWho, readWhos, whoOf, type Who } from '../../who/who.js'
import { dayMs } from '../../../units.js'

/** Something that may start a program for somebody. */
export interface Moment {
  program: string
  subject: string
  way: EntryWay
  /** Id of what happened: the same moment has the same. */
  trigger: string
  /** When it happened, and when it became known here. */
  at: number
  knownAt: number
}

/** An event that is received later than this after it happened is imported history. */
export const lateAfterMs = dayMs
/** A subject enters a program at most so often a day; more would be programs that start each other. */
const mostADay = 10

/** Why a moment starts nothing; undefined: nothing is against it. */
export function refusalOfMoment(
  { at, knownAt, way }: Moment,
  { latest, since }: Program,
): string | undefined {
  if (latest === undefined) return 'there is no such program'
  if (way === 'manual') return undefined
  // A condition has no moment of becoming known, so the moment itself counts.
  if (knownAt < since || (way === 'condition' && at < since)) return 'it was so before the program was saved'
  const isLate = knownAt - at > lateAfterMs
  return isLate && latest.body.imports !== true ? 'it was told more than a day after it happened' : undefined
}

/** Why somebody may not enter again; undefined: they may. */
export function refusalOfReentry(
  before: readonly Before[],
  { body }: Definition<'programs'>,
  now: number,
): { because: string; isCircle?: boolean } | undefined {
  if (before.length === 0) return undefined
  if (before.some(({ state }) => state === 'waiting')) return { because: 'they are in it' }
  const { reenter } = body
  if (reenter === 'never') return { because: 'they were in it, and it says reenter: never' }
  if (typeof reenter === 'object') {
    const last = Math.max(...before.map(({ enteredAt }) => enteredAt))
    if (now - last < durationMs(reenter.atMostEvery))
      return { because: `they entered less than ${reenter.atMostEvery} ago` }
  }
  const ofToday = before.filter(({ enteredAt }) => now - enteredAt < dayMs).length
  if (ofToday < mostADay) return undefined
  return {
    because: `entered ${mostADay} times within a day: programs seem to start each other, or it itself`,
    isCircle: true,
  }
}

export interface Entering {
  reader: Reader
  program: Program
  zone: string
  now: number
  version: () => bigint
  /** Whether this process steps what falls into a slot; somebody else lets the others in. */
  works?: (slot: number) => boolean
}

export interface Entered {
  facts: Fact[]
  refused: { subject: string; because: string }[]
}

/** Facts of those who begin; nothing is kept yet. Moments of one program. */
export async function enterAll(
  moments: readonly Moment[],
  { reader, program, zone, now, version, works = () => true }: Entering,
): Promise<Entered> {
  const { latest } = program
  const entered: Entered = { facts: [], refused: [] }
  if (latest === undefined) return entered
  const then = ({ subject, at }: Moment) => ({ subject, at })
  const whos = await readWhos(reader, latest.body.subject, moments.map(then), { zone, now })
  const names = [...new Set([...whos.values()].flatMap(namesOfWho))]
  const before = new Map<string, Before[]>()
  for (const entry of await readEntries(reader, program.id, names))
    before.set(entry.subject, [...(before.get(entry.subject) ?? []), entry])

  // Of any person: a touch may move from one person to another, and back.
  const used = await readTriggers(
    reader,
    program.id,
    moments.filter(isTold).map(({ trigger }) => trigger),
  )

  for (const moment of [...moments].sort((a, b) => a.at - b.at)) {
    const who = whoOf(whos, then(moment))
    if (who === undefined || !works(slotOfSubject(reader.project, who.id))) continue
    const refuse = (because: string) => void entered.refused.push({ subject: moment.subject, because })
    const theirs = namesOfWho(who).flatMap((name) => before.get(name) ?? [])
    if (moment.way !== 'manual' && theirs.some(({ trigger }) => trigger === moment.trigger)) continue
    if (used.has(moment.trigger)) continue
    const refusal = refusalOfReentry(theirs, latest, now)
    if (refusal !== undefined && refusal.isCircle !== true) {
      refuse(refusal.because)
      continue
    }
    if (who.refusal !== '') {
      refuse(who.refusal)
      continue
    }
    const fact = firstFact(moment, { project: reader.project, who, theirs, latest, now, version: version() })
    if (refusal !== undefined) {
      // Said once a day, on the run that did not begin.
      if (theirs.some(({ because, enteredAt }) => because === refusal.because && now - enteredAt < dayMs))
        continue
      Object.assign(fact, { kind: 'ended', state: 'exited', because: refusal.because })
    }
    entered.facts.push(fact)
    if (isTold(moment)) used.add(moment.trigger)
    before.set(fact.subject, [...(before.get(fact.subject) ?? []), { ...fact, endedAt: null }])
  }
  return entered
}

/** True where the moment is one event or transition with an id of its own. */
const isTold = ({ way }: Moment) => way === 'touch' || way === 'segment'

interface First {
  project: string
  who: Who
  theirs: readonly Before[]
  latest: Definition<'programs'>
  now: number
  version: bigint
}

function firstFact(moment: Moment, { project, who, theirs, latest, now, version }: First): Fact {
  const entry = Math.max(0, ...theirs.map((one) => one.entry)) + 1
  const [first] = latest.body.steps
  const { id: program, version: programVersion, body } = latest
  return {
    project,
    program,
    programVersion,
    run: runKey(program, programVersion, who.id, entry),
    subjectKind: body.subject satisfies Subject,
    subject: who.id,
    entry,
    way: moment.way,
    trigger: moment.trigger,
    slot: slotOfSubject(project, who.id),
    n: 0,
    step: first?.id ?? '',
    state: 'waiting',
    dueAt: first === undefined ? now : dueOf(first, { now, zone: who.zone }),
    enteredAt: now,
    because: '',
    kind: 'entered',
    did: '',
    at: now,
    delivery: '',
    person: who.id,
    isOutward: false,
    version,
  }
}
