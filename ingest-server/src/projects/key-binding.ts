/** What a write key may send, where it is bound to some types or names of events. */
import type { EventType } from '@touchline/schemas'
import { matchesOrigin } from './origins.js'
import type { Credential } from './project.js'

/** True where a page of `origin` may use the key: its project's origins and its own both hold. */
export function mayComeFrom({ project, key }: Credential, origin: string): boolean {
  return (
    (project.origins === undefined || matchesOrigin(project.origins, origin)) &&
    (key?.origins === undefined || matchesOrigin(key.origins, origin))
  )
}

/** True where the key may send an event of this type; `name` counts for a track only. */
export function maySend({ key }: Pick<Credential, 'key'>, type: EventType, name: string): boolean {
  if (key === undefined) return true
  if (key.types !== undefined && !key.types.includes(type)) return false
  return type !== 'track' || key.events === undefined || key.events.some((allowed) => fits(allowed, name))
}

/** `*` at the end of `allowed` stands for any rest. */
export const fits = (allowed: string, name: string) =>
  allowed.endsWith('*') ? name.startsWith(allowed.slice(0, -1)) : name === allowed
