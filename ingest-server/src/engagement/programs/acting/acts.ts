/** What acts do besides webhooks: each on our own records, and once for its id. */
import type { Reader } from '../../../clickhouse/query.js'
import { fillTemplate } from '../../../definitions/documents/body-template.js'
import type { LogRecord } from '../../../log/log.js'
import { hashOf } from '../../deliveries/delivery.js'
import { actOf, type Decision } from './act-bodies.js'
import type { Fact, Run } from '../run.js'
import type { StepperDeps } from '../deps.js'

export function traitOf({ acts }: StepperDeps, decision: Decision, fact: Fact): LogRecord | undefined {
  const act = actOf(decision)
  if (act === undefined || !('setTrait' in act)) return undefined
  const { who } = decision.looked
  const { name, value } = act.setTrait
  const known = new Map<string, unknown>([
    ['at', new Date(fact.at).toISOString()],
    ...[...who.traits].map(([trait, of]): [string, unknown] => [`traits.${trait}`, of]),
  ])
  return acts.traitRecord({
    project: fact.project,
    subject: who.id,
    name,
    value: fillTemplate(value, (field) => known.get(field)),
    id: hashOf(fact.project, fact.run, fact.did),
  })
}

/** Acts on our own records, each under an id of its own: done again after a crash it is done once. */
export async function doInside(
  deps: StepperDeps,
  reader: Reader,
  decisions: readonly Decision[],
): Promise<ReadonlyMap<Decision, string>> {
  const failed = new Map<Decision, string>()
  for (const decision of decisions) {
    const act = actOf(decision)
    if (act === undefined || 'webhook' in act || 'setTrait' in act) continue
    const { run, who } = decision.looked
    const id = hashOf(run.project, run.run, run.step)
    const because = `program:${run.program}`
    try {
      if ('handOff' in act)
        await deps.acts.handOff({
          reader,
          score: act.handOff,
          subject: who.id,
          asOf: deps.clock(),
          because,
          id,
        })
      else
        await deps.acts.addToSegment({
          reader,
          segment: act.addToSegment,
          identifier: who.id,
          by: because,
          id,
        })
    } catch (error) {
      deps.logger.warn(
        { err: error, run: run.run, step: run.step },
        'A step of a program failed and is tried again',
      )
      failed.set(decision, error instanceof Error ? error.message : String(error))
    }
  }
  return failed
}

const triedAgainMs = 60_000
export const lookAgainMs = 2_000

/** Runs of failed decisions, due again in a minute. In memory only: nothing was recorded of the step. */
export const heldBack = (failed: ReadonlyMap<Decision, string>, now: number): Run[] =>
  [...failed].map(([{ looked }, because]) => ({ ...looked.run, dueAt: now + triedAgainMs, because }))
