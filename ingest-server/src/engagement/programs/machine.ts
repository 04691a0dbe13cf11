/**
 * One step of a run. Pure: what is known of the subject comes in, what becomes of the run goes out. The same answers
 * give the same step, and nothing here knows how it is kept or sent.
 */
import { durationMs, type ProgramBody } from '@touchline/schemas/api'
import { endOfQuiet, nextLocal } from '../who/zone.js'
import { never, type Run } from './run.js'

export type Step = ProgramBody['steps'][number]
export type Act = Extract<Step, { act: unknown }>['act']

/** What a step may depend on, as it is at the time of the step. */
export interface Known {
  now: number
  /** Time zone of quiet hours and local times. */
  zone: string
  /** Why the run ends at once: erased, merged, unsubscribed, goal reached; empty: it does not. */
  ends: string
  /** Touches are those of who the subject is now: who-is-who did not change a moment ago. */
  isSettled: boolean
  /** The condition that it entered by still holds; asked before acts. */
  isStillIn: boolean
  /** Of a branch the first condition that holds; -1: none. */
  branch: number
  /** The condition that is waited for holds. */
  isReached: boolean
  /** When the subject may next be acted on, by caps over all programs; 0: now. */
  cappedUntil: number
}

export type Outcome =
  | { kind: 'went'; did: string; to: string; dueAt: number; because: string }
  | { kind: 'acted'; did: string; act: Act; to: string; dueAt: number }
  | { kind: 'held'; dueAt: number; because: string }
  | { kind: 'ended'; did: string; state: 'done' | 'exited'; because: string }
  /** Nothing to do before `dueAt`, and nothing to write. */
  | { kind: 'waits' }

const end = (state: 'done' | 'exited', because: string, did = ''): Outcome => ({
  kind: 'ended',
  did,
  state,
  because,
})

/** The next outcome of a run; asked when the run is due, or when something that it waits for may have happened. */
export function nextOf(run: Run, body: ProgramBody, known: Known): Outcome {
  if (known.ends !== '') return end('exited', known.ends)
  const place = body.steps.findIndex(({ id }) => id === run.step)
  const step = body.steps[place]
  if (step === undefined) return end('exited', `step ${run.step} is not in version ${run.programVersion}`)
  const isDue = run.dueAt <= known.now
  if ('wait' in step) return isDue ? goOn(run, body, { place, known, because: '' }) : { kind: 'waits' }
  if ('waitUntil' in step) {
    if (typeof step.waitUntil !== 'string' && known.isReached)
      return goOn(run, body, { place, known, because: 'what was waited for has come' })
    if (!isDue) return { kind: 'waits' }
    return goOn(run, body, { place, known, because: typeof step.waitUntil === 'string' ? '' : 'timeout' })
  }
  if (!isDue) return { kind: 'waits' }
  if (('act' in step || 'branch' in step) && !known.isSettled) return { kind: 'waits' }
  if ('exit' in step) return end('done', step.exit, step.id)
  if ('branch' in step) {
    const to = step.branch[known.branch]?.to ?? step.else
    return arrive(body, {
      place: body.steps.findIndex(({ id }) => id === to),
      did: step.id,
      known,
      because: '',
    })
  }
  return act(step, body, { place, known })
}

interface At {
  place: number
  known: Known
}

function act(step: Extract<Step, { act: Act }>, body: ProgramBody, { place, known }: At): Outcome {
  if (!known.isStillIn) return end('exited', 'the condition that it entered by is no longer true')
  const { act } = step
  // An act that only changes own records disturbs nobody: neither quiet hours nor caps hold it.
  const isOutward = 'webhook' in act || 'handOff' in act
  const quiet =
    isOutward && body.quietHours !== undefined
      ? endOfQuiet(known.now, body.quietHours, known.zone)
      : undefined
  if (quiet !== undefined) return { kind: 'held', dueAt: quiet, because: `quiet hours (${known.zone})` }
  if (isOutward && known.cappedUntil > known.now)
    return { kind: 'held', dueAt: known.cappedUntil, because: 'the cap of acts a week is reached' }
  const next = body.steps[place + 1]
  if (next === undefined) return { kind: 'acted', did: step.id, act, to: '', dueAt: known.now }
  return { kind: 'acted', did: step.id, act, to: next.id, dueAt: dueOf(next, known) }
}

const goOn = (run: Run, body: ProgramBody, { place, known, because }: At & { because: string }): Outcome =>
  arrive(body, { place: place + 1, did: run.step, known, because })

/** Where the run stands then; a wait begins with its arrival. */
function arrive(
  body: ProgramBody,
  { place, did, known, because }: At & { did: string; because: string },
): Outcome {
  const step = body.steps[place]
  if (step === undefined) return end('done', 'the last step was done', did)
  return { kind: 'went', did, to: step.id, dueAt: dueOf(step, known), because }
}

/** When a step that is arrived at now is to be done. */
export function dueOf(step: Step, { now, zone }: Pick<Known, 'now' | 'zone'>): number {
  if ('wait' in step) return now + durationMs(step.wait)
  if (!('waitUntil' in step)) return now
  if (typeof step.waitUntil === 'string') return nextLocal(now, step.waitUntil, zone)
  return step.timeout === undefined ? never : now + durationMs(step.timeout)
}
