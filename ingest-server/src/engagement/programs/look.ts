/** What is known of runs that are looked at together: asked in a few queries, however many there are. */
import type { Condition, ProgramBody } from '@touchline/schemas/api'
import type { Reader } from '../../clickhouse/query.js'
import type { Definition } from '../../definitions/documents/definition.js'
import type { Judge } from '../../log/tombstones.js'
import { readActs, readEntries, type Before } from './facts.js'
import { holdsFor, isPlainTouch, lastTouches } from './holds.js'
import type { Known } from './machine.js'
import type { Program } from './programs.js'
import type { Run } from './run.js'
import { readUnsettled } from './settling.js'
import { namesOfWho, readWhos, whoOf, type Who } from '../who/who.js'
import { weekMs } from '../../units.js'

export interface Looked {
  run: Run
  definition: Definition<'programs'>
  who: Who
  known: Known
  /** The subject is erased: nothing about it may be recorded any more. */
  isErased: boolean
}

export interface LookDeps {
  reader: Reader
  programs: ReadonlyMap<string, Program>
  judge: Judge | undefined
  zone: string
  now: number
}

/** Runs of one project; those whose program is nowhere any more are left out. */
export async function lookAt(deps: LookDeps, runs: readonly Run[]): Promise<Looked[]> {
  const { reader, programs, judge, zone, now } = deps
  const known = runs.flatMap((run) => {
    const definition = programs.get(run.program)?.versions.get(run.programVersion)
    return definition === undefined ? [] : [{ run, definition }]
  })
  const then = (run: Run) => ({ subject: run.subject, at: run.enteredAt })
  const whos = new Map<string, Who>()
  for (const kind of ['person', 'account'] as const) {
    const ofKind = known.filter(({ run }) => run.subjectKind === kind).map(({ run }) => run)
    if (ofKind.length === 0) continue
    const found = await readWhos(reader, kind, ofKind.map(then), { zone, now })
    for (const run of ofKind) {
      const who = whoOf(found, then(run))
      if (who !== undefined) whos.set(run.run, who)
    }
  }
  const looked = known.flatMap(({ run, definition }) => {
    const who = whos.get(run.run)
    return who === undefined ? [] : [{ run, definition, who }]
  })
  const isErased = (run: Run) =>
    run.subjectKind === 'person' && (judge?.isErased(run.subject, run.enteredAt) ?? false)
  const others = await readOthers(reader, looked)
  const answers = await ask(deps, looked)
  const unsettled = await unsettledOf(reader, looked)
  const capped = await readCaps(deps, looked)
  return looked.map((one) => {
    const { run, who, definition } = one
    return {
      ...one,
      isErased: isErased(run),
      known: {
        now,
        zone: who.zone,
        ends: endsOf(one, { others, answers, program: programs.get(run.program) }),
        isSettled: !unsettled.has(run.run),
        isStillIn: run.way === 'manual' || answers.get('in')?.get(run.run) !== -1,
        branch: answers.get('branch')?.get(run.run) ?? -1,
        isReached: (answers.get('until')?.get(run.run) ?? -1) >= 0,
        cappedUntil: cappedUntil(definition.body, capped.get(who.id) ?? []),
      },
    }
  })
}

type One = Omit<Looked, 'known' | 'isErased'>
type Answers = ReadonlyMap<Question, ReadonlyMap<string, number>>
type Question = 'in' | 'branch' | 'until' | 'goal'

/** Place of the first of its conditions that holds for each run; -1: none. */
async function ask({ reader, now }: LookDeps, looked: readonly One[]): Promise<Answers> {
  const answers = new Map<Question, Map<string, number>>()
  const groups = new Map<string, { question: Question; conditions: Condition[]; ones: One[] }>()
  for (const one of looked)
    for (const { question, conditions } of questionsOf(one)) {
      const { run } = one
      const key = JSON.stringify([run.program, run.programVersion, run.subjectKind, run.step, question])
      const group = groups.get(key)
      if (group) group.ones.push(one)
      else groups.set(key, { question, conditions, ones: [one] })
    }
  for (const { question, conditions, ones } of groups.values()) {
    const of = answers.get(question) ?? new Map<string, number>()
    answers.set(question, of)
    let open = ones
    for (const { run } of ones) of.set(run.run, -1)
    for (const [place, condition] of conditions.entries()) {
      const subject = ones[0]?.run.subjectKind ?? 'person'
      const asked = { subject, ids: [...new Set(open.map(({ who }) => who.id))], asOf: now }
      const holds = await holding(reader, question, condition, asked)
      for (const one of open) if (holds(one)) of.set(one.run.run, place)
      open = open.filter((one) => !holds(one))
    }
  }
  return answers
}

async function holding(
  reader: Reader,
  question: Question,
  condition: Condition,
  asked: Parameters<typeof holdsFor>[2],
): Promise<(one: One) => boolean> {
  // A goal that was reached before the run began is not its goal.
  if (question === 'goal' && isPlainTouch(condition)) {
    const times = await lastTouches(reader, condition, asked)
    return ({ run, who }) => (times.get(who.id) ?? 0) > run.enteredAt
  }
  const ids = await holdsFor(reader, condition, asked)
  return ({ who }) => ids.has(who.id)
}

function questionsOf({ run, definition: { body } }: One): { question: Question; conditions: Condition[] }[] {
  const step = body.steps.find(({ id }) => id === run.step)
  const questions: { question: Question; conditions: Condition[] }[] = []
  if (body.goal !== undefined) questions.push({ question: 'goal', conditions: [body.goal] })
  if (step === undefined) return questions
  if ('act' in step && run.way !== 'manual') questions.push({ question: 'in', conditions: [body.enter] })
  if ('branch' in step)
    questions.push({ question: 'branch', conditions: step.branch.map(({ when }) => when) })
  if ('waitUntil' in step && typeof step.waitUntil !== 'string')
    questions.push({ question: 'until', conditions: [step.waitUntil] })
  return questions
}

/** After what depends on touches was asked: what changed before that is among it. */
async function unsettledOf(reader: Reader, looked: readonly One[]): Promise<ReadonlySet<string>> {
  const asked = looked.filter(({ run, definition: { body } }) => {
    const step = body.steps.find(({ id }) => id === run.step)
    return run.subjectKind === 'person' && step !== undefined && ('act' in step || 'branch' in step)
  })
  const names = ({ run, who }: One) => [run.subject, ...namesOfWho(who)]
  const found = await readUnsettled(reader, [...new Set(asked.flatMap(names))])
  return new Set(asked.filter((one) => names(one).some((name) => found.has(name))).map(({ run }) => run.run))
}

/** Other runs of the same person in the same program: there are some after a merge. */
async function readOthers(reader: Reader, looked: readonly One[]): Promise<ReadonlyMap<string, Before[]>> {
  const others = new Map<string, Before[]>()
  const byProgram = new Map<string, One[]>()
  for (const one of looked)
    if (one.who.identifiers.length > 1)
      byProgram.set(one.run.program, [...(byProgram.get(one.run.program) ?? []), one])
  for (const [program, ones] of byProgram) {
    const entries = await readEntries(reader, program, [
      ...new Set(ones.flatMap(({ who }) => who.identifiers)),
    ])
    const bySubject = new Map<string, Before[]>()
    for (const entry of entries)
      if (entry.state === 'waiting')
        bySubject.set(entry.subject, [...(bySubject.get(entry.subject) ?? []), entry])
    for (const { run, who } of ones) {
      const found = who.identifiers
        .flatMap((id) => bySubject.get(id) ?? [])
        .filter((one) => one.run !== run.run)
      if (found.length > 0) others.set(run.run, found)
    }
  }
  return others
}

/** Of two runs of one person the one that came further goes on; of equal ones the older. */
function isFurther(other: Before, run: Run, program: Program | undefined): boolean {
  const placeOf = ({ programVersion, step }: Pick<Run, 'programVersion' | 'step'>) =>
    program?.versions.get(programVersion)?.body.steps.findIndex(({ id }) => id === step) ?? -1
  const [theirs, ours] = [placeOf(other), placeOf(run)]
  if (theirs !== ours) return theirs > ours
  if (other.enteredAt !== run.enteredAt) return other.enteredAt < run.enteredAt
  return other.run < run.run
}

function endsOf(
  { run, who }: One,
  {
    others,
    answers,
    program,
  }: { others: ReadonlyMap<string, Before[]>; answers: Answers; program: Program | undefined },
): string {
  if (program?.latest === undefined) return 'the program was deleted'
  const survivor = (others.get(run.run) ?? []).find((other) => isFurther(other, run, program))
  if (survivor !== undefined) return `merged: ${survivor.run} goes on`
  if (who.refusal !== '') return who.refusal
  return (answers.get('goal')?.get(run.run) ?? -1) >= 0 ? 'goal reached' : ''
}

async function readCaps({ reader, now }: LookDeps, looked: readonly One[]): Promise<Map<string, number[]>> {
  const capped = looked.filter(({ definition }) => definition.body.weeklyCap !== undefined)
  if (capped.length === 0) return new Map()
  const acts = await readActs(
    reader,
    [...new Set(capped.flatMap(({ who }) => namesOfWho(who)))],
    now - weekMs,
  )
  // Acts under an earlier id of the subject count too.
  return new Map(
    capped.map(({ who }) => [
      who.id,
      namesOfWho(who)
        .flatMap((id) => acts.get(id) ?? [])
        .sort((a, b) => a - b),
    ]),
  )
}

/** When the oldest act that stands in the way is a week old; 0: none does. */
export function cappedUntil({ weeklyCap }: ProgramBody, acts: readonly number[]): number {
  if (weeklyCap === undefined || acts.length < weeklyCap) return 0
  return (acts.at(-weeklyCap) ?? 0) + weekMs
}
