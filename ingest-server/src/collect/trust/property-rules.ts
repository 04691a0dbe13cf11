/**
 * `privacy.dropProperties` and `hashProperties` of a project, applied before an event is even checked, so that
 * neither the log nor rejected_events holds what they name.
 *
 *     rule = name                      at any depth of properties, traits and context; of a refused event anywhere
 *          | "properties." path        exactly there; also traits., context.
 *
 * Letter case does not matter. A hash is `sha256:` and the HMAC-SHA256 of the value with the project's salt: the
 * same value has the same hash, so it still counts and joins, and nobody without the salt can guess it.
 */
import { createHmac } from 'node:crypto'
import { limits } from '@touchline/schemas'
import type { PrivacyRules } from '../../projects/projects-file.js'

type Json = Record<string, unknown>
export type Change = 'drop' | 'hash'

const places = ['properties', 'traits', 'context'] as const
/** Below the limit of an event, so that what is cut here is refused as too deep and not taken as cut. */
const maxDepth = limits.eventDepth + 2

export interface PropertyRules {
  /** The event without what is dropped, and with hashes where they are asked for; the same object where nothing is named. */
  event(event: Json): Json
  /** The same for the context of a batch. */
  context(context: Json): Json
  /** What happens to a member of this name; `path` with it, in lower case, from the event on. */
  changeOf(name: string, path: string): Change | undefined
  hashed(value: unknown): unknown
}

/** Undefined where the project names no property. */
export function propertyRulesOf(rules: PrivacyRules | undefined): PropertyRules | undefined {
  const named = [...(rules?.dropProperties ?? []), ...(rules?.hashProperties ?? [])]
  if (rules === undefined || named.length === 0) return undefined
  const { hashSalt = '' } = rules
  const anywhere = new Map<string, Change>()
  const exactly = new Map<string, Change>()
  const add = (rule: string, change: Change) => {
    const name = rule.toLowerCase()
    const isPath = places.some((place) => name.startsWith(`${place}.`))
    ;(isPath ? exactly : anywhere).set(name, change)
  }
  for (const rule of rules.hashProperties) add(rule, 'hash')
  // After the hashes: what is named twice is dropped.
  for (const rule of rules.dropProperties) add(rule, 'drop')

  const changeOf = (name: string, path: string) => anywhere.get(name.toLowerCase()) ?? exactly.get(path)

  function changed(value: unknown, path: string, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (depth > maxDepth) return null
    if (Array.isArray(value)) return value.map((item) => changed(item, path, depth + 1))
    const kept: [string, unknown][] = []
    for (const [name, inner] of Object.entries(value)) {
      const at = `${path}.${name.toLowerCase()}`
      const change = changeOf(name, at)
      if (change === 'drop') continue
      kept.push([name, change === 'hash' ? hashed(inner) : changed(inner, at, depth + 1)])
    }
    // fromEntries defines `__proto__` like any other key, where an assignment would not.
    return Object.fromEntries(kept)
  }

  function hashed(value: unknown): unknown {
    if (value === null || value === undefined) return value
    const text = typeof value === 'string' ? value : textUpToDepth(value)
    return `sha256:${createHmac('sha256', hashSalt).update(text).digest('hex')}`
  }

  return {
    event(event) {
      const result = { ...event }
      for (const place of places) if (place in event) result[place] = changed(event[place], place, 1)
      return result
    },
    context: (context) => changed(context, 'context', 1) as Json,
    changeOf,
    hashed,
  }
}

/** JSON text of the value; of one too deep to be taken anyway, nothing. */
function textUpToDepth(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    return ''
  }
}
