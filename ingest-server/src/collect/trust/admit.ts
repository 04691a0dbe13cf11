/**
 * What a request may say, between reading its events and making rows of them: tokens taken out and checked,
 * the project's privacy rules applied, the visitor's privacy signal honoured, the key's bounds kept, claims weighed.
 */
import type { FastifyRequest } from 'fastify'
import { maySend } from '../../projects/key-binding.js'
import type { Credential, Project } from '../../projects/project.js'
import { emailIdentifier, userIdentifier } from '@touchline/schemas'
import { propertyRulesOf, type PropertyRules } from './property-rules.js'
import { withoutTexts } from '../../log/scrub.js'
import type { Judge } from '../../log/tombstones.js'
import type { ErrorCode } from '../../errors.js'
import type { PrivacySignal, RequestContext } from '../request/request-context.js'
import { bySecret, unsigned, weighClaims, withoutClaims, type ClaimedEvent } from './claims.js'
import { hasBadEmail, subjectOf } from '../row/facts.js'
import { isObject, type Json, type ReadEvent } from '../accept/read-event.js'
import { timesOf } from '../accept/times.js'
import { isInForce, takeToken, type TokenVerdict, type VerifyTokens } from './user-token.js'

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
export function prepare<Batch extends Taken>(
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
  return events.some(
    (event) =>
      isObject(event) && ('userToken' in event || (isObject(event.context) && 'userToken' in event.context)),
  )
}

const rulesByProject = new WeakMap<Project, { rules: PropertyRules | undefined }>()

function rulesFor(project: Project): PropertyRules | undefined {
  if (project.privacy === undefined) return undefined
  let made = rulesByProject.get(project)
  if (!made) rulesByProject.set(project, (made = { rules: propertyRulesOf(project.privacy) }))
  return made.rules
}

/** A server with a secret key speaks for itself; the headers are a browser's. */
export function privacySignalOf({ headers }: FastifyRequest, { project, kind }: Credential): PrivacySignal {
  const { privacy } = project
  if (privacy === undefined || kind === 'secret') return 'none'
  const asked = [
    headers['sec-gpc'] === '1' ? privacy.gpc : 'ignore',
    headers.dnt === '1' ? privacy.dnt : 'ignore',
  ]
  if (asked.includes('drop')) return 'drop'
  return asked.includes('anonymous') ? 'anonymous' : 'none'
}

export type Admission = ClaimedEvent & {
  /** What was not taken as it was meant, in words for the developer who reads the answer. */
  warning?: string
}

/** The event as it may count, or the code by which it is refused. */
export function admit(
  event: ReadEvent,
  requestContext: RequestContext,
  verdict: TokenVerdict | undefined,
): Admission | ErrorCode {
  const weighed = weigh(event, requestContext, verdict)
  if (typeof weighed === 'string') return weighed
  const admitted = withEmailWarning(weighed)
  if (requestContext.judge === undefined) return admitted
  const kept = withoutErased(admitted.event, requestContext, requestContext.judge)
  return kept === undefined ? 'EVENT_ERASED' : { ...admitted, event: kept }
}

function weigh(
  event: ReadEvent,
  requestContext: RequestContext,
  verdict: TokenVerdict | undefined,
): Admission | ErrorCode {
  if (requestContext.key !== undefined && !maySend({ key: requestContext.key }, event.type, event.name))
    return 'EVENT_NOT_ALLOWED'
  if (requestContext.privacySignal === 'anonymous') return anonymous(event) ?? 'EVENT_NOT_SIGNED'
  if (requestContext.verified) return { event, trust: bySecret }
  const { identify } = requestContext.project
  if (verdict === undefined && identify === 'open') return { event, trust: unsigned }
  const warning = warningOf(event, verdict, requestContext)
  const claims = warning === undefined && verdict !== 'invalid' ? verdict : undefined
  const admitted = weighClaims(event, identify, claims)
  if (admitted === undefined) return 'EVENT_NOT_SIGNED'
  return warning === undefined ? admitted : { ...admitted, warning }
}

/** Of an identify: `traits.email` that is no address is a trait and names nobody. */
function withEmailWarning(admission: Admission): Admission {
  const { type, traits } = admission.event
  if (type !== 'identify' || traits === undefined || !hasBadEmail(traits)) return admission
  const bad = 'traits.email does not look like an email address; it was not taken for one.'
  return { ...admission, warning: admission.warning === undefined ? bad : `${admission.warning} ${bad}` }
}

/** A late copy of what was erased is refused; somebody else's event that names them is kept without the name. */
function withoutErased(
  event: ReadEvent,
  requestContext: RequestContext,
  judge: Judge,
): ReadEvent | undefined {
  const { occurredAtMs } = timesOf(event.clientTime, event.sentAt, requestContext)
  const { userId, email, previousId, properties, traits, context } = event
  const verdict = judge.verdictOf(
    { subject: subjectOf(event), user_id: userId, email, previous_id: previousId },
    occurredAtMs,
  )
  if (verdict === 'theirs') return undefined
  if (verdict === 'other') return event
  const isEmailGone = email !== '' && judge.isErased(emailIdentifier(email), occurredAtMs)
  const isPreviousGone = previousId !== '' && judge.isErased(userIdentifier(previousId), occurredAtMs)
  const gone = isEmailGone ? [email] : []
  const clean = (part: Json | undefined) => part && (withoutTexts(part, gone) as Json)
  return {
    ...event,
    email: isEmailGone ? '' : email,
    previousId: isPreviousGone ? '' : previousId,
    properties: clean(properties),
    traits: clean(traits),
    context: clean(context),
  }
}

function anonymous(event: ReadEvent): ClaimedEvent | undefined {
  const { traits: _said, ...context } = event.context ?? {}
  return withoutClaims({ ...event, traits: undefined, context: event.context && context })
}

function warningOf(
  event: ReadEvent,
  verdict: TokenVerdict | undefined,
  requestContext: RequestContext,
): string | undefined {
  if (verdict === undefined) return undefined
  if (verdict === 'invalid')
    return 'The userToken is not one of this project: signature, aud, sub or exp is missing or wrong.'
  const { occurredAtMs } = timesOf(event.clientTime, event.sentAt, requestContext)
  if (!isInForce(verdict, occurredAtMs, requestContext.receivedAtMs))
    return 'The userToken was not in force when the event happened.'
  if (event.userId !== '' && event.userId !== verdict.userId)
    return 'The userId is not the one that the userToken speaks for.'
  return undefined
}
