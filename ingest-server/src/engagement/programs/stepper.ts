/**
 * Steps runs: what is known → what comes next → facts and deliveries, kept before anything is done outwardly. A pass
 * takes each run one step on; runs with more to do are due again at once.
 */
import type { LogRecord } from '../../log/log.js'
import { decidedRecord, type Decided } from '../deliveries/delivery.js'
import { deliveryOf, readForBodies, type Decision } from './acting/act-bodies.js'
import { doInside, heldBack, lookAgainMs, traitOf } from './acting/acts.js'
import type { StepperDeps } from './deps.js'
import { keep } from '../keep.js'
import { lookAt, type Looked } from './look.js'
import { nextOf, type Outcome } from './machine.js'
import type { Program } from './programs.js'
import { factsRecord, type Fact, type Run } from './run.js'

export interface Stepped {
  /** How each run stands now. */
  runs: Run[]
  /** Runs of erased subjects, of which nothing is recorded. */
  gone: Run[]
}

/** `runs` of one project; rejects where nothing could be kept, and then nothing was done. */
export async function stepRuns(
  deps: StepperDeps,
  project: string,
  programs: ReadonlyMap<string, Program>,
  runs: readonly Run[],
): Promise<Stepped> {
  const reader = deps.readerOf(project)
  const now = deps.clock()
  const looked = await lookAt(
    { reader, programs, judge: deps.judgeOf(project), zone: deps.zoneOf(project), now },
    runs,
  )
  const gone = looked.filter(({ isErased }) => isErased).map(({ run }) => run)
  const found = new Set(looked.map(({ run }) => run))
  // Its version cannot be read yet, where another process made it a moment ago.
  const unknown = runs
    .filter((run) => !found.has(run))
    .map((run) => ({ ...run, dueAt: Math.max(run.dueAt, now + lookAgainMs) }))
  const decisions = decideAll(looked.filter(({ isErased }) => !isErased))
  if (decisions.length === 0) return { runs: unknown, gone }

  const bodies = await readForBodies(deps, reader, decisions)
  const failed = await doInside(deps, reader, decisions)
  const kept = decisions.filter((one) => !failed.has(one))
  const version = deps.version()
  const facts: Fact[] = []
  const deliveries: Decided[] = []
  const traits: LogRecord[] = []
  for (const decision of kept) {
    const made = factOf(decision, { now, version })
    const delivery = deliveryOf(decision, made, bodies)
    if (delivery !== undefined) deliveries.push(delivery)
    const trait = traitOf(deps, decision, made)
    if (trait !== undefined) traits.push(trait)
    facts.push({ ...made, delivery: delivery?.id ?? '' })
  }
  await keep(deps, [
    factsRecord(facts),
    ...(deliveries.length > 0 ? [decidedRecord(deliveries)] : []),
    ...joined(traits),
  ])
  countAll(deps, project, facts)
  deps.send(deliveries.filter(({ slot }) => deps.mayAct(slot)))
  return { runs: [...facts, ...heldBack(failed, now), ...unknown], gone }
}

/** In the order of time; two acts on one person in one pass know of each other. */
function decideAll(looked: readonly Looked[]): Decision[] {
  const actsOf = new Map<string, number>()
  return looked.flatMap((one) => {
    const { run, definition, known, who } = one
    const acted = actsOf.get(who.id) ?? 0
    // Of several acts on one person in one pass the first goes first, the others see it in the next.
    const outcome: Outcome =
      acted > 0 && definition.body.weeklyCap !== undefined
        ? { kind: 'waits' }
        : nextOf(run, definition.body, known)
    if (outcome.kind === 'waits') return []
    if (outcome.kind === 'acted') actsOf.set(who.id, acted + 1)
    return [{ looked: one, outcome }]
  })
}

function factOf(
  { looked: { run, who }, outcome }: Decision,
  { now, version }: { now: number; version: bigint },
): Fact {
  const base = {
    ...run,
    n: run.n + 1,
    at: now,
    version,
    delivery: '',
    person: who.id,
    isOutward: false,
    did: '',
  }
  switch (outcome.kind) {
    case 'ended':
      return {
        ...base,
        kind: 'ended',
        did: outcome.did,
        state: outcome.state,
        because: outcome.because,
        dueAt: now,
      }
    case 'held':
      return { ...base, kind: 'held', dueAt: outcome.dueAt, because: outcome.because }
    case 'went':
      return {
        ...base,
        kind: 'went',
        did: outcome.did,
        step: outcome.to,
        dueAt: outcome.dueAt,
        because: outcome.because,
      }
    case 'acted':
      return {
        ...base,
        kind: 'acted',
        did: outcome.did,
        step: outcome.to === '' ? run.step : outcome.to,
        state: outcome.to === '' ? 'done' : 'waiting',
        dueAt: outcome.dueAt,
        because: '',
        isOutward: 'webhook' in outcome.act || 'handOff' in outcome.act,
      }
  }
}

function joined(records: readonly LogRecord[]): LogRecord[] {
  if (records.length === 0) return []
  return [{ table: 'events', lines: Buffer.concat(records.map(({ lines }) => lines)), rows: {} }]
}

function countAll({ count }: StepperDeps, project: string, facts: readonly Fact[]): void {
  const of = (kind: Fact['kind']) => facts.filter((fact) => fact.kind === kind).length
  count('steps', project, facts.length)
  count('acts', project, of('acted'))
  count('ended', project, facts.filter(({ state }) => state !== 'waiting').length)
  count('held', project, of('held'))
}
