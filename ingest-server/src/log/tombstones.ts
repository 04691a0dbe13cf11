/**
 * What is remembered of an erased person: hashes of their identifiers, and for each the time during which it was
 * theirs, which ends at the erasure at the latest. So an event can be recognised as theirs, without knowing
 * who they were.
 *
 *     hash = hex SHA-256( salt identifier )        one salt a project; it stands in the ledger
 *
 * Somebody who has the ledger can still ask "was ada@example.com erased?" by hashing that address. They cannot
 * read out who was.
 */
import { createHash } from 'node:crypto'
import { anonIdentifier, canonicalAddress, emailIdentifier, userIdentifier } from '@touchline/schemas'
import { parseExact } from '../exact-json.js'
import { addressesIn } from './addresses-in-text.js'
import { textsOfRow } from './texts-of-row.js'
import { userTextsIn } from './user-ids-in-text.js'

/** [from, to) in milliseconds since 1970; undefined: since ever. */
export interface Tombstone {
  hash: string
  from: number | undefined
  to: number
  /** Nobody else's before or after, until the erasure. */
  isWhole: boolean
  /** Until the erasure itself: what was received before is theirs too, though a clock dated it later. */
  receivedTo?: number | undefined
}

export interface Tombstones {
  salt: string
  list: readonly Tombstone[]
}

export const hashIdentifier = (salt: string, identifier: string): string =>
  createHash('sha256').update(salt).update(identifier).digest('hex')

/**
 * Columns of an event that hold a sender's own words, and so may hold an address: `Mailed ada@example.com`, a page's title,
 * a campaign that names whom it was sent to. Those that hold ids are none of them: by its ids an event is found again.
 */
export const textColumns = [
  'name',
  'title',
  'url',
  'path',
  'referrer',
  'source',
  'medium',
  'campaign',
  'term',
  'content',
  'click_id',
  'session_id',
  'locale',
  'library',
  'library_version',
  'consent',
  'kind',
  'origin',
  'channel',
] as const

/** What an event says about who it was, as columns of its row. */
export interface Mentions extends Partial<Record<(typeof textColumns)[number], string | undefined>> {
  subject: string
  user_id?: string | undefined
  anonymous_id?: string | undefined
  email?: string | undefined
  previous_id?: string | undefined
  links?: readonly { identifier: string; other: string }[] | undefined
  /** Where a name may stand in what was sent: JSON, or its text. */
  properties?: unknown
  traits?: unknown
  context?: unknown
  person_traits?: readonly SaidTrait[] | undefined
  group_traits?: readonly SaidTrait[] | undefined
}

interface SaidTrait {
  value: string
}

/**
 * - `theirs`: the event is the erased person's and goes.
 * - `mentions`: it is somebody else's and names them; their name is taken out of it.
 * - `other`: it has nothing to do with them.
 */
export type Verdict = 'theirs' | 'mentions' | 'other'

export interface Judge {
  /** Without `receivedAtMs` it is received now, after every erasure. */
  verdictOf(event: Mentions, atMs: number, receivedAtMs?: number): Verdict
  /** Whether this identifier was an erased person's at that time. */
  isErased(identifier: string, atMs: number, receivedAtMs?: number): boolean
  /** Whether it was at any time. */
  wasErased(identifier: string): boolean
  /** Whether something that was written at that time and names it, such as a list of people, names an erased person. */
  isNamed(identifier: string, writtenAtMs: number): boolean
}

/** Undefined where nobody was erased, so that collect asks nothing. */
export function judgeBy(tombstones: Tombstones | undefined): Judge | undefined {
  if (tombstones === undefined || tombstones.list.length === 0) return undefined
  const byHash = new Map<string, Tombstone[]>()
  for (const tombstone of tombstones.list) {
    const others = byHash.get(tombstone.hash)
    if (others) others.push(tombstone)
    else byHash.set(tombstone.hash, [tombstone])
  }

  const isErased = (identifier: string, atMs: number, receivedAtMs = Infinity): boolean =>
    byHash
      .get(hashIdentifier(tombstones.salt, identifier))
      ?.some(
        ({ from, to, receivedTo = -Infinity }) =>
          (from === undefined || from <= atMs) && (atMs < to || receivedAtMs < receivedTo),
      ) ?? false
  const last = tombstones.list.reduce((latest, { to }) => Math.max(latest, to), -Infinity)

  return {
    isErased,
    wasErased: (identifier) => byHash.has(hashIdentifier(tombstones.salt, identifier)),
    // Who is listed may have been called so only later; of what several had in turn the time decides.
    isNamed: (identifier, writtenAtMs) =>
      byHash
        .get(hashIdentifier(tombstones.salt, identifier))
        ?.some(
          ({ from, to, isWhole, receivedTo = -Infinity }) =>
            writtenAtMs < Math.max(to, receivedTo) && (isWhole || from === undefined || from <= writtenAtMs),
        ) ?? false,
    verdictOf(event, atMs, receivedAtMs = Infinity) {
      // Most of what is collected happens after every erasure.
      if (atMs >= last && receivedAtMs >= last) return 'other'
      if (isErased(event.subject, atMs, receivedAtMs)) return 'theirs'
      const isGone = (name: string) => isErased(name, atMs, receivedAtMs)
      const isNamed =
        namesIn(event).some(isGone) ||
        addressesOf(event).map(emailIdentifier).some(isGone) ||
        userTextsOf(event).map(userIdentifier).some(isGone)
      return isNamed ? 'mentions' : 'other'
    },
  }
}

/** Addresses in what was sent beside the names. */
export function addressesOf(event: Mentions): string[] {
  const { properties, traits, context } = event
  const parts = [
    properties,
    traits,
    context,
    ...textColumns.map((column) => event[column]),
    ...saidTraitsOf(event),
  ]
  return addressesIn(parts.map(jsonOf).join(' '))
}

const saidTraitsOf = ({ person_traits = [], group_traits = [] }: Mentions): string[] =>
  [...person_traits, ...group_traits].map(({ value }) => value)

/** Texts of its traits that may be user ids. */
export const userTextsOf = (event: Mentions): string[] =>
  userTextsIn([event.traits, ...saidTraitsOf(event)].map(jsonOf).join(' '))

const jsonOf = (part: unknown): string => (typeof part === 'string' ? part : (JSON.stringify(part) ?? ''))

/**
 * Users and addresses that an event names. A device is no name: several people may have used it, and whose
 * event it was the subject says.
 */
export function namesIn({ subject, user_id, email, previous_id, links }: Mentions): string[] {
  const names = new Set<string>()
  if (user_id) names.add(userIdentifier(user_id))
  if (email) names.add(emailIdentifier(email))
  if (previous_id) names.add(userIdentifier(previous_id))
  for (const { identifier, other } of links ?? []) {
    if (!identifier.startsWith('anon:')) names.add(identifier)
    if (!other.startsWith('anon:')) names.add(other)
  }
  names.delete(subject)
  return [...names]
}

/** Whether the text of a refused event, JSON or what is left of one, is about an erased person. */
export function isAboutErased(original: string, atMs: number, judge: Judge): boolean {
  return namesInRefused(original).some((name) => judge.isErased(name, atMs))
}

/** Each costs a hash, in the turn of a request; who writes more is not worth a copy. */
const mostNamesOfLate = 1_000

/**
 * Whether a refused event that is received now is a copy of one that was erased. Without a time that can be read it may be
 * one of any time; with more names than are looked at it is taken for one.
 */
export function isLateCopyOfErased(original: string, atMs: number | undefined, judge: Judge): boolean {
  const names = namesInRefused(original)
  if (names.length > mostNamesOfLate) return true
  return names.some((name) => (atMs === undefined ? judge.wasErased(name) : judge.isErased(name, atMs)))
}

/** Every identifier that the text may mean, each once. */
function namesInRefused(original: string): string[] {
  const names = new Set<string>(addressesIn(original).map(emailIdentifier))
  let event: unknown
  try {
    event = parseExact(original)
  } catch {
    // Cut or broken: every text in it may be an identifier.
    for (const text of textsIn(original)) for (const identifier of asAny(text)) names.add(identifier)
    return [...names]
  }
  for (const identifier of identifiersIn(event)) names.add(identifier)
  for (const text of textsOfRow(event)) for (const identifier of asAny(text)) names.add(identifier)
  return [...names]
}

const stringToken = /"([^"\\]*(?:\\.[^"\\]*)*)"?/g

function textsIn(json: string): string[] {
  return [...new Set(Array.from(json.matchAll(stringToken), ([, text = '']) => text))]
}

function asAny(value: unknown): string[] {
  const text = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : ''
  if (text === '') return []
  return [text, userIdentifier(text), anonIdentifier(text), emailIdentifier(canonicalAddress(text))]
}

const namingFields = [
  'userId',
  'user_id',
  'anonymousId',
  'anonymous_id',
  'previousId',
  'previous_id',
  'email',
]

/**
 * Where an event names somebody, in any spelling that senders use, valid or not. What was refused may be nested to
 * any depth, so the values still to be read stand in a list and not on the stack.
 */
function identifiersIn(event: unknown): Set<string> {
  const found = new Set<string>()
  const add = (value: unknown) => {
    for (const identifier of asAny(value)) found.add(identifier)
  }
  const rest: unknown[] = [event]
  while (rest.length > 0) {
    const value = rest.pop()
    if (Array.isArray(value)) for (const item of value) rest.push(item)
    else if (typeof value !== 'object' || value === null) add(value)
    else {
      const fields = value as Record<string, unknown>
      if (typeof fields.subject === 'string') found.add(fields.subject)
      for (const name of namingFields) add(fields[name])
      add(emailOf(fields.traits))
      add(emailOf((fields.context as { traits?: unknown } | null | undefined)?.traits))
    }
  }
  return found
}

const emailOf = (traits: unknown) => (traits as { email?: unknown } | null | undefined)?.email
