/** Standard Webhooks: https://www.standardwebhooks.com. Two secrets sign while one takes over from the other. */
import { Webhook } from 'standardwebhooks'
import type { EndpointBody } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'

/** The value of a variable of the environment; undefined where it is not set, or not the project's to name. */
export type ReadSecret = (name: string) => string | undefined

/** What signs for an endpoint: the secret, then the one before. Throws ENDPOINT_SECRET. */
export function signersOf(
  { secret, secretBefore }: Pick<EndpointBody, 'secret' | 'secretBefore'>,
  readSecret: ReadSecret,
): Webhook[] {
  return [secret, ...(secretBefore === undefined ? [] : [secretBefore])].map((reference) => {
    const name = reference.slice('env:'.length)
    const value = readSecret(name)
    if (value === undefined)
      throw new TouchlineError(
        'ENDPOINT_SECRET',
        `${name} is not set where deliveries are sent (role engage), or is not among the variables of this project.`,
      )
    try {
      return new Webhook(value)
    } catch {
      throw new TouchlineError(
        'ENDPOINT_SECRET',
        `${name} is no secret of Standard Webhooks: whsec_ and then base64.`,
      )
    }
  })
}

export interface Signed {
  'webhook-id': string
  'webhook-timestamp': string
  'webhook-signature': string
}

export function sign(signers: readonly Webhook[], message: { id: string; body: string; at: Date }): Signed {
  const { id, body, at } = message
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': signers.map((signer) => signer.sign(id, at, body)).join(' '),
  }
}
