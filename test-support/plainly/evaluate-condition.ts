/**
 * The condition language evaluated plainly, one subject and one time at a time: what the compiled SQL is held to. No
 * cleverness here on purpose.
 */
import {
  dateShape,
  durationMs,
  numberShape,
  type Condition,
  type CountOp,
  type PropertyFilter,
  type Scalar,
  type Subject,
  type Touch,
  type TouchCondition,
  type ValueOp,
} from '@touchline/schemas/api'
import { dateMs } from '../../ingest-server/src/definitions/sql/compare.js'

export interface WorldTouch {
  person: string
  accounts: string[]
  at: number
  messageId: string
  kind: string
  name: string
  channel: string
  source: string
  medium: string
  campaign: string
  host: string
  path: string
  paths: string[]
  referrerHost: string
  direction: string
  properties: Record<string, unknown>
  verified: boolean
}

export interface Fact {
  of: string
  name: string
  value: unknown
  at: number
  verified: boolean
  messageId: string
}

export interface World {
  touches: WorldTouch[]
  traits: Fact[]
  accountTraits: Fact[]
  /** person → accounts, at the end. */
  members: Map<string, string[]>
  segments: Record<string, { subject: Subject } & ({ when: Condition } | { identifiers: string[] })>
}

interface Asked {
  subject: Subject
  id: string
  now: number
}

const glob = (pattern: string, text: string) =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^]*')}$`,
  ).test(text)

const nothing = ['', 'null', 'undefined', 'n/a', 'none', 'nan']
const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
const isThere = (value: unknown) =>
  value !== undefined && !nothing.includes(textOf(value).trim().toLowerCase())

function equals(stored: unknown, value: Scalar): boolean {
  if (typeof value === 'number') return numberShape.test(textOf(stored)) && Number(textOf(stored)) === value
  return textOf(stored) === String(value)
}

export function compares(
  stored: unknown,
  { op, value }: { op: ValueOp; value?: Scalar | Scalar[] | undefined },
): boolean {
  if (op === 'ne') return !compares(stored, { op: 'eq', value })
  if (op === 'exists') return isThere(stored) === (value !== false)
  if (!isThere(stored)) return false
  if (op === 'in') return (value as Scalar[]).some((one) => equals(stored, one))
  const one = value as Scalar
  const text = textOf(stored)
  if (op === 'eq') return equals(stored, one)
  if (op === 'contains')
    return Array.isArray(stored)
      ? stored.some((item) => textOf(item) === String(one))
      : text.includes(String(one))
  if (op === 'startsWith') return text.startsWith(String(one))
  if (op === 'matches') return new RegExp(String(one)).test(text)
  const isNumber = typeof one === 'number' || numberShape.test(String(one))
  const wanted = isNumber ? Number(one) : dateMs(String(one))
  const has = isNumber
    ? numberShape.test(text)
      ? Number(text)
      : undefined
    : dateShape.test(text)
      ? dateMs(text)
      : undefined
  if (has === undefined || Number.isNaN(has)) return false
  return op === 'gt'
    ? has > wanted
    : op === 'gte'
      ? has >= wanted
      : op === 'lt'
        ? has < wanted
        : has <= wanted
}

const pageMatches = (page: string, host: string, path: string) => {
  const pattern = page.replace(/^[a-z]+:\/\//i, '')
  return path !== '' && (pattern.startsWith('/') ? glob(pattern, path) : glob(pattern, host + path))
}

export function touchMatches(touch: Touch, one: WorldTouch): boolean {
  const same = (wanted: string | undefined, has: string) => wanted === undefined || wanted === has
  return (
    same(touch.kind, one.kind) &&
    (touch.name === undefined || glob(touch.name, one.name)) &&
    same(touch.channel, one.channel) &&
    same(touch.source?.toLowerCase(), one.source) &&
    same(touch.medium?.toLowerCase(), one.medium) &&
    same(touch.campaign, one.campaign) &&
    (touch.page === undefined ||
      [one.path, ...one.paths].some((path) => pageMatches(touch.page ?? '', one.host, path))) &&
    same(touch.referrerHost, one.referrerHost) &&
    same(touch.direction, one.direction) &&
    (touch.verified === undefined || one.verified) &&
    (touch.where ?? []).every((filter: PropertyFilter) => compares(one.properties[filter.property], filter))
  )
}

const holdsFor = (has: number, { op, n }: { op: CountOp; n: number }) =>
  ({ eq: has === n, ne: has !== n, gt: has > n, gte: has >= n, lt: has < n, lte: has <= n })[op]

export function touchesOfSubject(world: World, { subject, id, now }: Asked): WorldTouch[] {
  return world.touches
    .filter((one) => one.at <= now && (subject === 'person' ? one.person === id : one.accounts.includes(id)))
    .sort((a, b) => a.at - b.at || (a.messageId < b.messageId ? -1 : 1))
}

/** The pages of a touch, or those of them that a filter names. */
export const pagesOf = (page: string | undefined, one: WorldTouch): string[] =>
  [one.path, ...one.paths].filter((path) =>
    page === undefined ? path !== '' : pageMatches(page, one.host, path),
  )

function distinctValues({ touch, distinct }: TouchCondition, one: WorldTouch): string[] {
  if (distinct === 'page') return pagesOf(touch.page, one)
  if (distinct === 'day') return [new Date(one.at).toISOString().slice(0, 10)]
  return [one[distinct ?? 'name']]
}

function touchHolds(condition: TouchCondition, all: WorldTouch[], { subject, now }: Asked): boolean {
  const { touch, within, between, by, distinct, count = { op: 'gte' as const, n: 1 } } = condition
  const found = all.filter(
    (one) =>
      touchMatches(touch, one) &&
      (within === undefined || one.at > now - durationMs(within)) &&
      (between === undefined || (one.at >= Date.parse(between[0]) && one.at < Date.parse(between[1]))),
  )
  const number = (list: WorldTouch[]) =>
    distinct === undefined ? list.length : new Set(list.flatMap((one) => distinctValues(condition, one))).size
  if (by !== 'same person' || subject === 'person') return holdsFor(number(found), count)
  const people = [...new Set(found.map(({ person }) => person))]
  return people.some((person) => holdsFor(number(found.filter((one) => one.person === person)), count))
}

/** Every way of choosing touches for the steps. */
function sequenceHolds(
  { sequence, within, without = [] }: Extract<Condition, { sequence: Touch[] }>,
  all: WorldTouch[],
): boolean {
  const go = (step: number, from: number, start: number): boolean => {
    const wanted = sequence[step]
    if (wanted === undefined) return true
    for (let index = from; index < all.length; index += 1) {
      const one = all[index] as WorldTouch
      const begin = step === 0 ? one.at : start
      const isInTime = within === undefined || one.at - begin < durationMs(within)
      if (touchMatches(wanted, one) && isInTime && go(step + 1, index + 1, begin)) return true
      if (step > 0 && without.some((no) => touchMatches(no, one))) return false
    }
    return false
  }
  return go(0, 0, 0)
}

function latest(facts: Fact[], of: string, name: string, now: number): unknown {
  const own = facts.filter(
    (fact) => fact.of === of && fact.name === name && fact.at <= now && isThere(fact.value),
  )
  own.sort(
    (a, b) => Number(a.verified) - Number(b.verified) || a.at - b.at || (a.messageId < b.messageId ? -1 : 1),
  )
  return own.at(-1)?.value
}

export function peopleOf(world: World, account: string): string[] {
  return [...world.members].flatMap(([person, accounts]) => (accounts.includes(account) ? [person] : []))
}

/** Those of the other kind that belong to it, or itself. */
const related = (world: World, { subject, id }: Asked, of: Subject): string[] =>
  subject === of ? [id] : subject === 'account' ? peopleOf(world, id) : (world.members.get(id) ?? [])

export function evaluate(condition: Condition, world: World, asked: Asked): boolean {
  if ('all' in condition) return condition.all.every((one) => evaluate(one, world, asked))
  if ('any' in condition) return condition.any.some((one) => evaluate(one, world, asked))
  if ('not' in condition) return !evaluate(condition.not, world, asked)
  const all = touchesOfSubject(world, asked)
  const { now } = asked
  if ('touch' in condition) return touchHolds(condition, all, asked)
  if ('sequence' in condition) return sequenceHolds(condition, all)
  if ('trait' in condition || 'accountTrait' in condition) {
    const [facts, name, of] =
      'trait' in condition
        ? ([world.traits, condition.trait, 'person'] as const)
        : ([world.accountTraits, condition.accountTrait, 'account'] as const)
    const { op, value } = condition
    const isNot = op === 'ne' || (op === 'exists' && value === false)
    const positive = op === 'ne' ? { op: 'eq' as const, value } : op === 'exists' ? { op } : { op, value }
    const some = related(world, asked, of).some((one) => compares(latest(facts, one, name, now), positive))
    return isNot ? !some : some
  }
  if ('silentFor' in condition) {
    const heard =
      condition.direction === 'inbound' ? all.filter(({ direction }) => direction === 'inbound') : all
    const last = heard.at(-1)
    return last !== undefined && last.at <= now - durationMs(condition.silentFor)
  }
  if ('people' in condition) return holdsFor(new Set(all.map(({ person }) => person)).size, condition.people)
  if ('firstSeen' in condition)
    return all[0] !== undefined && all[0].at > now - durationMs(condition.firstSeen.within)
  if ('lastSeen' in condition) {
    const last = all.at(-1)
    return last !== undefined && last.at > now - durationMs(condition.lastSeen.within)
  }
  if ('segment' in condition) {
    const segment = world.segments[condition.segment]
    if (segment === undefined) throw new Error(`no segment ${condition.segment}`)
    return related(world, asked, segment.subject).some((id) =>
      'identifiers' in segment
        ? segment.identifiers.includes(id)
        : evaluate(segment.when, world, { subject: segment.subject, id, now }),
    )
  }
  throw new Error('stages and scores are tested by themselves')
}

/** When it first became true: looked for at every time at which anything could change. */
export function firstTrue(
  condition: Condition,
  world: World,
  { subject, id, now }: Asked,
): number | undefined {
  const times = new Set<number>()
  const windows = [
    0,
    ...[...JSON.stringify([condition, world.segments]).matchAll(/"(\d+[smhdw])"/g)].map(([, text]) =>
      durationMs(text ?? ''),
    ),
  ]
  for (const { at } of world.touches) for (const window of windows) times.add(at + window)
  for (const { at } of [...world.traits, ...world.accountTraits]) times.add(at)
  const holds = (at: number) => evaluate(condition, world, { subject, id, now: at })
  const begin = touchesOfSubject(world, { subject, id, now })[0]?.at
  const from = holds(0) ? begin : 0
  if (from === undefined) return undefined
  return [...times].sort((a, b) => a - b).find((at) => at >= from && at <= now && holds(at))
}
