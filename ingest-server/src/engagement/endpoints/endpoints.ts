/** Endpoints as definitions, ready to be sent to: their address and what signs. */
import type { Webhook } from 'standardwebhooks'
import type { ClickHouseClient } from '@clickhouse/client'
import { listDefinitions } from '../../definitions/documents/read.js'
import { meant } from '../../definitions/nearest.js'
import { TouchlineError } from '../../errors.js'
import type { ReadVariable } from '../../projects/variables.js'
import { signersOf } from './signature.js'

export interface Endpoint {
  id: string
  url: string
  /** Throws ENDPOINT_SECRET where a secret is missing or none. */
  signers: () => readonly Webhook[]
}

export interface Endpoints {
  /** As it was saved at `since` (performance.now) or later. Throws NOT_FOUND. */
  get: (project: string, id: string, since: number) => Promise<Endpoint>
}

export interface EndpointsDeps {
  client: ClickHouseClient
  readSecret: ReadVariable
  /** How long a definition is believed, where nothing newer is asked for. */
  keptMs?: number
}

export function openEndpoints({ client, readSecret, keptMs = 2_000 }: EndpointsDeps): Endpoints {
  const kept = new Map<string, { at: number; endpoints: Promise<Map<string, Endpoint>> }>()

  async function read(project: string): Promise<Map<string, Endpoint>> {
    const found = await listDefinitions({ client, project, signedOnly: false }, 'endpoints')
    return new Map(
      found.map(({ id, body }) => {
        let signers: Webhook[] | undefined
        const read = (name: string) => readSecret(name, project)
        return [id, { id, url: body.url, signers: () => (signers ??= signersOf(body, read)) }]
      }),
    )
  }

  return {
    async get(project, id, since) {
      let known = kept.get(project)
      if (known === undefined || known.at < since || performance.now() - known.at > keptMs) {
        known = { at: performance.now(), endpoints: read(project) }
        kept.set(project, known)
        known.endpoints.catch(() => kept.delete(project))
      }
      const endpoints = await known.endpoints
      const endpoint = endpoints.get(id)
      if (endpoint !== undefined) return endpoint
      throw new TouchlineError('NOT_FOUND', `There is no endpoint ${id}${meant(id, [...endpoints.keys()])}`)
    },
  }
}
