/**
 * What is kept of a refused event: what was sent, without what an accepted one would not have kept either. It may have any
 * shape, so rules reach every place of it, and values still to be copied stand in a list and not on the stack.
 *
 * - tokens and keys go, whatever they are called: `userToken`, `writeKey`, and texts that are a JWT;
 * - addresses of the network are truncated, wherever a field is named after one;
 * - what the project drops or hashes goes, outside properties, traits and context too;
 * - of a visitor who asked to be left alone nothing is kept but what kind of event it was.
 */
import { isExactNumber } from '../../exact-json.js'
import type { PrivacySignal } from '../base/request-context.js'
import { truncateIp } from '../base/ip.js'
import { isObject, type Json } from '../read/read-event.js'
import type { PropertyRules } from './property-rules.js'

interface Keeping {
  rules: PropertyRules | undefined
  privacySignal: PrivacySignal | undefined
}

/** Fields that say which event it was and when: a rule about properties does not mean them. */
const ownFields = ['type', 'messageId', 'timestamp', 'originalTimestamp', 'sentAt']
const ofAnonymous = [...ownFields, 'event', 'anonymousId']

const secrets = /^(?:user_?token|write_?key)$/i
const addressWords = new Set([
  'ip',
  'ips',
  'ipv4',
  'ipv6',
  'ipaddr',
  'ipaddress',
  'forwarded',
  'remoteaddr',
  'remoteaddress',
])

export function keptOfRefused(event: unknown, { rules, privacySignal }: Keeping): unknown {
  if (privacySignal === 'anonymous') return kindOf(event)
  const result: { event?: unknown } = {}
  const rest: Place[] = [{ into: result, name: 'event', value: event, path: '' }]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const copy = copyOf(next.value)
    Object.defineProperty(next.into, next.name, {
      value: copy,
      enumerable: true,
      writable: true,
      configurable: true,
    })
    if (Array.isArray(next.value)) {
      for (const [index, value] of next.value.entries())
        rest.push({ into: copy as object, name: index, value, path: next.path })
    } else if (copy !== next.value && typeof copy === 'object')
      rest.push(...membersOf(next.value as Json, copy as object, next.path, rules))
  }
  return result.event
}

interface Place {
  into: object
  name: string | number
  value: unknown
  /** Names above it, as rules write them. */
  path: string
}

/** The longest path that a rule can mean; deeper ones are no longer told apart. */
const maxPathLength = 1_000

/** Last first, so that they stand in the copy in their order. */
function membersOf(value: Json, into: object, path: string, rules: PropertyRules | undefined): Place[] {
  const members: Place[] = []
  for (const [name, inner] of Object.entries(value)) {
    if (secrets.test(name)) continue
    const isOwn = path === '' && ownFields.includes(name)
    const at = path.length > maxPathLength ? path : `${path === '' ? '' : `${path}.`}${name.toLowerCase()}`
    const change = isOwn ? undefined : rules?.changeOf(name, at)
    if (change === 'drop') continue
    const kept = change === 'hash' ? rules?.hashed(inner) : isAddress(name) ? truncated(inner) : inner
    members.push({ into, name, value: kept, path: at })
  }
  return members.reverse()
}

/** `ip`, `clientIP`, `x-forwarded-for`, `remote_addr`; not `zip`. */
function isAddress(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
  return words.some(
    (word, index) => addressWords.has(word) || addressWords.has(`${word}${words[index + 1] ?? ''}`),
  )
}

const perhapsAddress = /\d\.\d+\.\d+\.\d|[0-9a-f]:[0-9a-f]*:/i

/** An address or a list of them, truncated; a text that holds one in another way is kept as nothing. */
function truncated(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, maxAddresses).map(truncated)
  if (typeof value !== 'string' || !perhapsAddress.test(value)) return value
  return truncateIp(value)
}
const maxAddresses = 10

function copyOf(value: unknown): unknown {
  if (typeof value === 'string') return withoutTokens(value)
  if (Array.isArray(value)) return []
  return typeof value === 'object' && value !== null && !isExactNumber(value) ? {} : value
}

const perhapsToken = /[A-Za-z0-9_.-]{24,}/g
const withoutTokens = (text: string): string =>
  text.includes('eyJ') ? text.replace(perhapsToken, (run) => (isToken(run) ? '[token]' : run)) : text

/** Three parts, of which the first is JSON in base64. */
const isToken = (run: string): boolean => run.includes('eyJ') && run.split('.').length >= 3

function kindOf(event: unknown): Json {
  if (!isObject(event)) return {}
  return Object.fromEntries(
    ofAnonymous.flatMap((name) => {
      const value = event[name]
      return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : []
    }),
  )
}
