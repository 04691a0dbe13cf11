import { TouchlineError } from '../../errors.js'
import { checkBody } from '../../definitions/documents/check.js'
import { problemOfUrl, rangesOf } from '../../engagement/endpoints/address-guard.js'
import type { TimelineDeps } from '../context.js'

/** What is said of an endpoint's address before anything is sent; what its name means is looked up when it is. */
export function checkEndpointUrl(kind: string, body: unknown, { endpoints }: TimelineDeps): void {
  if (kind !== 'endpoints' || body === undefined) return
  const { url } = checkBody('endpoints', body)
  const problem = problemOfUrl(url, rangesOf(endpoints?.allowed ?? []))
  if (problem !== undefined) throw new TouchlineError('DEFINITION_INVALID', `url: ${problem}`)
}
