/** What the visitor's browser asks for, as the project answers it. */
import type { FastifyRequest } from 'fastify'
import type { Credential } from '../../projects/project.js'
import type { PrivacySignal } from '../base/request-context.js'

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
