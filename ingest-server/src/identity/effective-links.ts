/**
 * Which of the recorded links count: the rules that are about facts one by one, before anybody is anybody.
 * In this order: known by then (R8), first copy, legal ids (R6), signed where the project wants it (R5), caps
 * on the raw links (R7), pairs taken apart (R8).
 */
import { isIllegalId, kindOf, type LinkFact } from '@touchline/schemas'

/** A fact as it is stored. Times are ISO 8601 in UTC with milliseconds, so that text compares as time does. */
export interface Link extends LinkFact {
  messageId: string
  /** When collect read the message; of several copies the one received first is the fact. */
  receivedAt: string
}

export interface ResolveOptions {
  /** Only what was received until then; everything when absent. */
  asOf?: string | undefined
  /** The project counts only what came with a secret key or a signed token. */
  signedOnly?: boolean | undefined
  caps?: Caps | undefined
}

/** R7. A real person's user id meets a few dozen others; a kiosk, a QA robot or a shared inbox meets thousands. */
export interface Caps {
  othersOfUserOrEmail: number
  claimersOfAnon: number
}
export const defaultCaps: Caps = { othersOfUserOrEmail: 1_000, claimersOfAnon: 20 }

export interface EffectiveLinks {
  links: Link[]
  /** Identifier → how many others it was linked to. */
  quarantined: ReadonlyMap<string, number>
  areApart: (identifier: string, other: string) => boolean
}

export function effectiveLinks(recorded: Iterable<Link>, options: ResolveOptions = {}): EffectiveLinks {
  const raw = firstCopies(recorded, options)
  const quarantined = overCaps(raw, options.caps ?? defaultCaps)
  const apart = pairsApart(raw)
  const areApart = (identifier: string, other: string) => apart.has(pairKey(identifier, other))
  const links = raw.filter(
    (link) =>
      isJoin(link) &&
      (isTrusted(link) || !(quarantined.has(link.identifier) || quarantined.has(link.other))) &&
      !areApart(link.identifier, link.other) &&
      // R2: an unverified alias of two users is recorded and changes nothing.
      !(link.kind === 'alias' && !link.verified && isUser(link.other)),
  )
  return { links, quarantined, areApart }
}

export const isAnon = (identifier: string) => identifier.startsWith('anon:')
export const isUser = (identifier: string) => identifier.startsWith('user:')
export const isEmail = (identifier: string) => identifier.startsWith('email:')

/**
 * The order of claims: by time, ties by messageId. The rest only makes the order total, so that two facts of
 * one message never depend on which was read first.
 */
export function byClaimTime(a: Link, b: Link): number {
  return (
    compare(a.at, b.at) ||
    compare(a.messageId, b.messageId) ||
    compare(a.identifier, b.identifier) ||
    compare(a.other, b.other) ||
    compare(a.kind, b.kind)
  )
}

export const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const isJoin = (link: Link) => link.kind === 'claim' || link.kind === 'alias'

/**
 * R1, R5: a request's anonymous id is never verified, whoever sent it: a server often passes on what a browser
 * told it. An alias names its previousId on purpose, and is as good as its key.
 */
export const isTrusted = (link: Link) => link.verified && !(link.kind === 'claim' && isAnon(link.other))

function firstCopies(recorded: Iterable<Link>, { asOf, signedOnly }: ResolveOptions): Link[] {
  const first = new Map<string, Link>()
  for (const link of recorded) {
    if (asOf !== undefined && link.receivedAt > asOf) continue
    const key = `${link.messageId}\n${link.kind}\n${link.identifier}\n${link.other}`
    const known = first.get(key)
    if (known === undefined || isEarlierCopy(link, known)) first.set(key, link)
  }
  const legal = rememberingLegality()
  return [...first.values()].filter(
    (link) =>
      link.identifier !== link.other &&
      (!isJoin(link) || isUser(link.identifier) || (isEmail(link.identifier) && isAnon(link.other))) &&
      legal(link.identifier) &&
      legal(link.other) &&
      (link.verified || !signedOnly),
  )
}

/** The column `version` of `links` says the same order, so that ClickHouse keeps the copy that this would. */
function isEarlierCopy(a: Link, b: Link): boolean {
  const order = compare(a.receivedAt, b.receivedAt) || compare(a.at, b.at)
  return order < 0 || (order === 0 && !a.verified && b.verified)
}

function rememberingLegality(): (identifier: string) => boolean {
  const known = new Map<string, boolean>()
  return (identifier) => {
    let legal = known.get(identifier)
    if (legal === undefined) {
      const kind = kindOf(identifier)
      legal = kind !== undefined && !isIllegalId(identifier.slice(kind.length + 1))
      known.set(identifier, legal)
    }
    return legal
  }
}

function overCaps(raw: readonly Link[], caps: Caps): Map<string, number> {
  const others = new Map<string, Set<string>>()
  const meet = (identifier: string, other: string) => {
    const met = others.get(identifier)
    if (met) met.add(other)
    else others.set(identifier, new Set([other]))
  }
  for (const link of raw) {
    if (!isJoin(link) || isTrusted(link)) continue
    meet(link.identifier, link.other)
    meet(link.other, link.identifier)
  }
  const over = new Map<string, number>()
  for (const [identifier, met] of others) {
    const cap = isAnon(identifier) ? caps.claimersOfAnon : caps.othersOfUserOrEmail
    if (met.size > cap) over.set(identifier, met.size)
  }
  return over
}

/** R8: for a pair of identifiers the latest unlink or relink decides, whatever is claimed before or after. */
function pairsApart(raw: readonly Link[]): Set<string> {
  const latest = new Map<string, Link>()
  for (const link of raw) {
    if (isJoin(link) || !link.verified) continue
    const key = pairKey(link.identifier, link.other)
    const known = latest.get(key)
    if (known === undefined || byClaimTime(link, known) > 0) latest.set(key, link)
  }
  return new Set([...latest].filter(([, link]) => link.kind === 'unlink').map(([key]) => key))
}

const pairKey = (a: string, b: string) => (a < b ? `${a}\n${b}` : `${b}\n${a}`)
