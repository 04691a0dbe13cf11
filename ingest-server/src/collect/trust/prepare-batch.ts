/** What happens to a batch as a whole before its events are read: tokens taken out and checked, privacy rules applied. */
import type { Project } from '../../projects/project.js'
import { isObject, type Json } from '../read/read-event.js'
import { propertyRulesOf, type PropertyRules } from './property-rules.js'
import { carriesToken, takeToken, type TokenVerdict, type VerifyTokens } from './user-token.js'

interface Taken {
  events: readonly unknown[]
  context: Json | undefined
  /** Of the batch as a whole; an event's own comes first. */
  token?: unknown
}

type Prepared<Batch> = Batch & { verdicts?: readonly (TokenVerdict | undefined)[] }

/**
 * The same batch with tokens taken out and privacy rules applied, and what its tokens say, event by event: at once where
 * there are none.
 */
export function prepareBatch<Batch extends Taken>(
  batch: Batch,
  project: Project,
  verifyTokens: VerifyTokens | undefined,
): Prepared<Batch> | Promise<Prepared<Batch>> {
  const rules = rulesFor(project)
  if (!rules && !hasToken(batch)) return batch
  const root = batch.context === undefined ? undefined : takeToken({ context: batch.context })
  const context = root?.event.context as Json | undefined
  const taken = batch.events.map((event) =>
    isObject(event) ? takeToken(event) : { event, token: undefined },
  )
  const tokens = taken.map(({ token }) => token ?? batch.token ?? root?.token)
  const apply = (event: unknown) => (rules && isObject(event) ? rules.event(event) : event)
  const prepared = {
    ...batch,
    context: rules && context ? rules.context(context) : context,
    events: taken.map(({ event }) => apply(event)),
  }
  const isToBeChecked = verifyTokens !== undefined && tokens.some((token) => token !== undefined)
  if (!isToBeChecked) return prepared
  return verifyTokens(tokens, project).then((verdicts) => ({ ...prepared, verdicts }))
}

function hasToken({ events, context, token }: Taken): boolean {
  if (token !== undefined || (context !== undefined && 'userToken' in context)) return true
  return events.some((event) => isObject(event) && carriesToken(event))
}

const rulesByProject = new WeakMap<Project, { rules: PropertyRules | undefined }>()

/** Undefined where the project names no property. */
export function rulesFor(project: Project): PropertyRules | undefined {
  if (project.privacy === undefined) return undefined
  let made = rulesByProject.get(project)
  if (!made) rulesByProject.set(project, (made = { rules: propertyRulesOf(project.privacy) }))
  return made.rules
}
