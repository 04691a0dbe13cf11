/** What is sent for an act: everything that bodies ask for, in a few queries, and the deliveries that come of it. */
import type { Reader } from '../../../clickhouse/query.js'
import { deliveryId, type Decided } from '../../deliveries/delivery.js'
import { bodyOf, needsOf, readTouches, type ScoreOfBody, type TouchOfBody } from './body.js'
import type { Looked } from '../look.js'
import type { Act, Outcome } from '../machine.js'
import type { Fact } from '../run.js'
import type { StepperDeps } from '../deps.js'

export interface Decision {
  looked: Looked
  outcome: Exclude<Outcome, { kind: 'waits' }>
}

export interface Bodies {
  touches: ReadonlyMap<string, TouchOfBody>
  scores: ReadonlyMap<string, ReadonlyMap<string, ScoreOfBody>>
}

export const actOf = ({ outcome }: Decision): Act | undefined =>
  outcome.kind === 'acted' ? outcome.act : undefined
const templateOf = (act: Act | undefined): unknown =>
  act === undefined
    ? undefined
    : 'webhook' in act
      ? act.body
      : 'setTrait' in act
        ? act.setTrait.value
        : undefined

export async function readForBodies(
  { acts, clock }: StepperDeps,
  reader: Reader,
  decisions: readonly Decision[],
): Promise<Bodies> {
  const asOf = clock()
  const wanted = decisions.map((one) => ({ ...one, needs: needsOf(templateOf(actOf(one))) }))
  const touches = new Map<string, TouchOfBody>()
  for (const kind of ['person', 'account'] as const) {
    const ones = wanted.filter(({ needs, looked }) => needs.touch && looked.run.subjectKind === kind)
    const ids = [...new Set(ones.map(({ looked }) => looked.who.id))]
    const triggers = ones.map(({ looked }) => looked.run.trigger)
    for (const [id, touch] of await readTouches(reader, kind, { ids, triggers, asOf })) touches.set(id, touch)
  }
  const scores = new Map<string, Map<string, ScoreOfBody>>()
  for (const { looked, needs } of wanted)
    for (const id of needs.scores) {
      const score = await acts.scoreOf(reader, id, looked.who.id, asOf)
      const known = scores.get(looked.who.id) ?? new Map<string, ScoreOfBody>()
      if (score !== undefined) known.set(id, score)
      scores.set(looked.who.id, known)
    }
  return { touches, scores }
}

const factsOfBody = ({ looked }: Decision, fact: Fact, { touches, scores }: Bodies) => ({
  run: { ...looked.run, step: fact.did },
  programName: looked.definition.name,
  who: looked.who,
  touch: touches.get(looked.who.id),
  scores: scores.get(looked.who.id) ?? new Map<string, ScoreOfBody>(),
  now: fact.at,
})

export function deliveryOf(decision: Decision, fact: Fact, bodies: Bodies): Decided | undefined {
  const act = actOf(decision)
  if (act === undefined || !('webhook' in act)) return undefined
  const { who, definition } = decision.looked
  return {
    project: fact.project,
    id: deliveryId(fact.project, fact.run, fact.did),
    endpoint: act.webhook,
    source: 'program',
    run: fact.run,
    step: fact.did,
    subject: who.id,
    subjects: [...new Set([fact.subject, who.id, ...who.identifiers])],
    touch: { name: `${definition.name}: ${fact.did}`, person: who.kind === 'person' ? who.id : '' },
    body: bodyOf(act.body, factsOfBody(decision, fact, bodies)),
    decidedAt: fact.at,
    // Rises whatever the clock does.
    place: Number(fact.version),
    slot: fact.slot,
    version: fact.version,
  }
}
