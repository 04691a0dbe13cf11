/** How far one event counts: the key's bounds, the visitor's privacy signal, what proves its claims, who was erased. */
import type { ErrorCode } from '../../errors.js'
import { maySend } from '../../projects/key-binding.js'
import type { ReadEvent } from '../read/read-event.js'
import type { RequestContext } from '../base/request-context.js'
import { hasBadEmail } from '../read/traits-and-memberships.js'
import { bySecret, unsigned, weighClaims, withoutClaims, type ClaimedEvent } from './claims.js'
import { isInForce, type TokenVerdict } from './user-token.js'
import { withoutErased } from './without-erased.js'

export type Admission = ClaimedEvent & {
  /** What was not taken as it was meant, in words for the developer who reads the answer. */
  warning?: string | undefined
}

interface Weighing {
  requestContext: RequestContext
  /** What the event's userToken says; undefined without one. */
  verdict: TokenVerdict | undefined
}

/** The event as it may count, or the code by which it is refused. */
export function admit(
  event: ReadEvent,
  occurredAtMs: number,
  { requestContext, verdict }: Weighing,
): Admission | ErrorCode {
  const weighed = weigh(event, occurredAtMs, { requestContext, verdict })
  if (typeof weighed === 'string') return weighed
  const admitted = withEmailWarning(weighed)
  if (requestContext.judge === undefined) return admitted
  const kept = withoutErased(admitted.event, occurredAtMs, requestContext.judge)
  return kept === undefined ? 'EVENT_ERASED' : { ...admitted, event: kept }
}

function weigh(
  event: ReadEvent,
  occurredAtMs: number,
  { requestContext, verdict }: Weighing,
): Admission | ErrorCode {
  if (requestContext.key !== undefined && !maySend({ key: requestContext.key }, event.type, event.name))
    return 'EVENT_NOT_ALLOWED'
  if (requestContext.privacySignal === 'anonymous') return anonymous(event) ?? 'EVENT_NOT_SIGNED'
  if (requestContext.verified) return { event, trust: bySecret }
  const { identify } = requestContext.project
  if (verdict === undefined && identify === 'open') return { event, trust: unsigned }
  const warning = tokenWarningOf(event, occurredAtMs, { requestContext, verdict })
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

function anonymous(event: ReadEvent): ClaimedEvent | undefined {
  const { traits: _said, ...context } = event.context ?? {}
  return withoutClaims({ ...event, traits: undefined, context: event.context && context })
}

function tokenWarningOf(
  event: ReadEvent,
  occurredAtMs: number,
  { requestContext, verdict }: Weighing,
): string | undefined {
  if (verdict === undefined) return undefined
  if (verdict === 'invalid')
    return 'The userToken is not one of this project: signature, aud, sub or exp is missing or wrong.'
  if (!isInForce(verdict, occurredAtMs, requestContext.receivedAtMs))
    return 'The userToken was not in force when the event happened.'
  if (event.userId !== '' && event.userId !== verdict.userId)
    return 'The userId is not the one that the userToken speaks for.'
  return undefined
}
