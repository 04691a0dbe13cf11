/**
 * Changes → what a receiver takes. Pure. The shapes are those of each service's own documentation; where a service
 * keys by an address or a domain, a change of somebody without one is left out.
 */
import { canonicalHost, emailFrom } from '@touchline/schemas'
import type { FeedFormat } from '@touchline/schemas/api'
import { isExactNumber, textOfNumber } from '../../exact-json.js'

export interface Told {
  seq: string
  id: string
  kind: string
  of: string
  subject: string
  subjectKind: string
  at: string
  data: Record<string, unknown>
}

export interface Batch {
  feed: string
  changes: readonly Told[]
  /** The cursor that goes on after these. */
  next: string
}

/** The body of one delivery; undefined where nothing of the batch can be said to that receiver. */
export function bodyFor(format: FeedFormat, batch: Batch): unknown {
  const mapped = mappings[format](batch)
  return mapped
}

const mappings: Record<FeedFormat, (batch: Batch) => unknown> = {
  generic: ({ feed, changes, next }) => ({ type: 'changes', feed, next, changes }),
  'hubspot-contact': ({ changes }) => {
    const inputs = lastOf(changes, 'person').flatMap((change) => {
      const email = emailOf(change)
      return email === undefined
        ? []
        : [{ idProperty: 'email', id: email, properties: contactOf(change, email) }]
    })
    return inputs.length === 0 ? undefined : { inputs }
  },
  'hubspot-company': ({ changes }) => {
    const inputs = lastOf(changes, 'account').flatMap((change) => {
      const domain = domainOf(change)
      return domain === undefined
        ? []
        : [{ idProperty: 'domain', id: domain, properties: companyOf(change, domain) }]
    })
    return inputs.length === 0 ? undefined : { inputs }
  },
  'salesforce-lead': ({ changes }) => {
    const records = lastOf(changes, 'person').flatMap((change) => {
      const email = emailOf(change)
      return email === undefined ? [] : [leadOf(change, email)]
    })
    return records.length === 0 ? undefined : { allOrNone: false, records }
  },
  slack: ({ changes }) => {
    const lines = changes.map(sentence)
    // A block holds 3,000 characters, a message 50 blocks.
    const blocks = lines.slice(0, 50).map((text) => ({
      type: 'section',
      text: { type: 'mrkdwn', text: text.slice(0, 3_000) },
    }))
    return { text: lines.length === 1 ? (lines[0] ?? '') : `${lines.length} changes`, blocks }
  },
}

const traitsOf = ({ data }: Told): Record<string, unknown> => {
  const { traits } = data
  return typeof traits === 'object' && traits !== null ? (traits as Record<string, unknown>) : {}
}

/**
 * Services refuse a batch that names one record twice: per subject the last change, merged with the data of those
 * before.
 */
function lastOf(changes: readonly Told[], subjectKind: string): Told[] {
  const last = new Map<string, Told>()
  for (const change of changes) {
    if (change.subjectKind !== subjectKind) continue
    const before = last.get(change.subject)
    last.delete(change.subject)
    last.set(
      change.subject,
      before === undefined ? change : { ...change, data: { ...before.data, ...change.data } },
    )
  }
  return [...last.values()]
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== ''
    ? value.trim()
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : isExactNumber(value)
        ? textOfNumber(value)
        : undefined

function firstText(traits: Record<string, unknown>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const text = textOf(traits[name])
    if (text !== undefined) return text
  }
  return undefined
}

/**
 * By which address a receiver knows the person: one that is theirs, among several the one that their trait names. The
 * trait alone is what somebody said, with a public key too, and would write over the record of whose address it is.
 */
function emailOf(change: Told): string | undefined {
  const { emails, identifiers } = change.data
  const named = Array.isArray(identifiers) ? textsOf(identifiers) : [change.subject]
  // Changes that an earlier version recorded have no `emails`.
  const held = Array.isArray(emails) ? textsOf(emails) : named.flatMap((one) => addressIn(one) ?? [])
  const said = emailFrom(firstText(traitsOf(change), ['email']))
  return held.find((one) => one === said) ?? held[0]
}

const addressIn = (identifier: string) => /^email:(.*)$/s.exec(identifier)?.[1]

/** As `emailOf`: of what the account says of itself the first that lies in a domain that leads to it. */
function domainOf(change: Told): string | undefined {
  const { domains } = change.data
  const held = Array.isArray(domains) ? textsOf(domains) : []
  const traits = traitsOf(change)
  const said = ['domain', 'website'].map((name) => hostIn(firstText(traits, [name]) ?? ''))
  const isHeld = (host: string) => held.some((domain) => host === domain || host.endsWith(`.${domain}`))
  return said.find((host) => host !== undefined && isHeld(host)) ?? held[0]
}

/** `https://www.acme.com/about` → `acme.com`. */
const hostIn = (text: string) =>
  canonicalHost(
    text
      .replace(/^[a-z]+:\/\//i, '')
      .replace(/^www\./i, '')
      .replace(/[/?#:].*$/s, ''),
  )

const textsOf = (values: readonly unknown[]): string[] => values.map(String)

const nameOf = (traits: Record<string, unknown>) => {
  const whole = firstText(traits, ['name', 'fullName'])?.split(/\s+/) ?? []
  return {
    first:
      firstText(traits, ['firstName', 'first_name', 'firstname']) ??
      (whole.length > 1 ? whole[0] : undefined),
    last:
      firstText(traits, ['lastName', 'last_name', 'lastname']) ??
      (whole.length > 1 ? whole.slice(1).join(' ') : whole[0]),
  }
}

/** Properties that are known: an empty one would empty the CRM's. */
const known = (properties: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

function contactOf(change: Told, email: string): Record<string, string> {
  const traits = traitsOf(change)
  const { first, last } = nameOf(traits)
  return known({
    email,
    firstname: first,
    lastname: last,
    company: firstText(traits, ['company', 'companyName']),
    jobtitle: firstText(traits, ['title', 'jobTitle', 'role']),
    phone: firstText(traits, ['phone']),
    website: firstText(traits, ['website']),
  })
}

function companyOf(change: Told, domain: string): Record<string, string> {
  const traits = traitsOf(change)
  return known({
    domain,
    name: firstText(traits, ['name', 'company']) ?? change.subject,
    industry: firstText(traits, ['industry']),
    numberofemployees: firstText(traits, ['employees', 'numberOfEmployees']),
    phone: firstText(traits, ['phone']),
    country: firstText(traits, ['country']),
  })
}

function leadOf(change: Told, email: string): Record<string, unknown> {
  const traits = traitsOf(change)
  const { first, last } = nameOf(traits)
  return {
    attributes: { type: 'Lead' },
    ...known({
      Email: email,
      FirstName: first,
      // Salesforce takes no lead without these two.
      LastName: last ?? email.split('@')[0],
      Company: firstText(traits, ['company', 'companyName']) ?? email.split('@')[1],
      Title: firstText(traits, ['title', 'jobTitle', 'role']),
      Phone: firstText(traits, ['phone']),
      Website: firstText(traits, ['website']),
    }),
  }
}

/** Slack reads &, < and > as its own. */
const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

function sentence({ kind, of, subject, data }: Told): string {
  const who = `*${escaped(subject)}*`
  const word = (name: string) => escaped(textOf(data[name]) ?? '')
  switch (kind) {
    case 'segment':
      return `${who} ${data.change === 'leave' ? 'left' : 'entered'} the segment *${escaped(of)}*`
    case 'handOff':
      return `${who} is handed to sales: *${escaped(of)}* ${word('total')}`
    case 'score':
      return `${who} has *${escaped(of)}* ${word('total')}`
    case 'stage':
      return `${who} is now in *${word('stage')}*`
    default:
      return `${who} changed`
  }
}
