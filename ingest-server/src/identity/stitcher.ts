/** The work of stitching without the loop: takes changes or a page of everything, and brings the rows to date. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { Project } from '../http/projects.js'
import { domainMeanings, type DomainMeaning } from './accounts.js'
import type { Change } from './changes.js'
import type { Derived } from './derive.js'
import { differences, readPresent, writeLines, type DomainRow } from './derived-tables.js'
import { claimedDomain } from './domains.js'
import { openFacts, type FactReader } from './facts.js'
import { createRepeats } from './repeats.js'
import { readSweepPage, type SweepPosition } from './sweep.js'
import { workIn } from './work.js'

export interface Stitcher {
  /** Resolves when the rows of everybody concerned are written. */
  workInChanges: (changes: readonly Change[]) => Promise<void>
  sweepPage: (
    position: SweepPosition,
    size: number,
  ) => Promise<{ identifiers: number; next: SweepPosition | undefined }>
  /** Nothing that was read counts as known any longer. */
  forget: () => void
}

export interface StitcherDeps {
  client: ClickHouseClient
  projects?: { all: () => readonly Pick<Project, 'id' | 'identify'>[] } | undefined
}

/** One reading and writing of ClickHouse is worth this many identifiers; more only costs memory. */
const identifiersAtOnce = 2_000

export function createStitcher({ client, projects }: StitcherDeps): Stitcher {
  const repeats = createRepeats()
  const knownEmails = new Set<string>()
  const isSignedOnly = (id: string) =>
    projects?.all().some((project) => project.id === id && project.identify === 'signed-only') ?? false

  function factsOf(project: string): FactReader {
    const facts = openFacts(client, { project, signedOnly: isSignedOnly(project) })
    return {
      ...facts,
      async nodes(identifiers) {
        const nodes = await facts.nodes(identifiers)
        repeats.remember(project, nodes)
        return nodes
      },
    }
  }

  async function workInProject(
    project: string,
    identifiers: Iterable<string>,
    refresh: boolean,
  ): Promise<void> {
    const facts = factsOf(project)
    const epoch = await readEpoch(client, project)
    const context = { client, project, facts, signedOnly: isSignedOnly(project), epoch, refresh }
    const accounts: string[] = []
    const people: string[] = []
    for (const identifier of identifiers) {
      if (identifier.startsWith('account:')) accounts.push(identifier.slice('account:'.length))
      else people.push(identifier)
    }
    for (const some of chunks(people, identifiersAtOnce)) await workIn(context, some)
    for (const domain of await workInDomains(context, accounts)) {
      // A page of a rebuild comes by everybody with such an address anyway.
      if (refresh) continue
      for await (const emails of emailsUnder(client, project, domain))
        await workIn(
          context,
          emails.map((email) => `email:${email}`),
        )
    }
  }

  /** A lead's address comes with each of its events; that it is known changes nothing the second time. */
  function isNewEmail(project: string, identifier: string): boolean {
    const key = `${project}\n${identifier}`
    if (knownEmails.has(key)) return false
    if (knownEmails.size > maxKnownEmails) knownEmails.clear()
    knownEmails.add(key)
    return true
  }

  const forget = () => {
    repeats.forget()
    knownEmails.clear()
  }

  return {
    forget,
    async workInChanges(changes) {
      const wanted = new Map<string, Set<string>>()
      for (const change of changes) {
        if (change.kind === 'erased') forget()
        if (change.kind === 'email' && !isNewEmail(change.project, change.identifier)) continue
        if (repeats.isRepeat(change.project, change)) continue
        const ofProject = wanted.get(change.project) ?? new Set()
        wanted.set(change.project, ofProject.add(change.identifier))
        if (change.other !== '') ofProject.add(change.other)
      }
      for (const [project, identifiers] of wanted) await workInProject(project, identifiers, false)
    },
    async sweepPage(position, size) {
      const { byProject, next } = await readSweepPage(client, position, size)
      for (const [project, identifiers] of byProject) await workInProject(project, identifiers, true)
      const identifiers = [...byProject.values()].reduce((sum, list) => sum + list.length, 0)
      return { identifiers, next }
    },
  }
}
const maxKnownEmails = 200_000

interface DomainContext {
  client: ClickHouseClient
  project: string
  facts: FactReader
  epoch: bigint
  refresh: boolean
}

/** Writes what the domains mean that these accounts ever claimed; answers which domains those are. */
async function workInDomains(context: DomainContext, accounts: readonly string[]): Promise<string[]> {
  const { client, project, facts, epoch, refresh } = context
  const own = await facts.domainTraitsOf(accounts)
  const domains = [...new Set(own.flatMap(({ value }) => claimedDomain(value) ?? []))]
  if (domains.length === 0) return []
  const traits = await facts.domainTraits(domains)
  const meaningOf = domainMeanings(traits)
  const present = await readPresent(client, project, 'domains', domains)
  const derived = domains.map((domain): [string, Derived<DomainRow>] => {
    const weight = traits.filter(({ value }) => claimedDomain(value) === domain).length
    return [domain, { row: domainRow(meaningOf(domain)), weight }]
  })
  await writeLines(client, project, 'domains', differences('domains', { derived, present, epoch, refresh }))
  return domains
}

function domainRow({ domain, account, state, claims }: DomainMeaning): DomainRow | undefined {
  if (claims.length === 0) return undefined
  return {
    domain,
    account: account ?? '',
    state,
    claims: claims.map(({ account: by, verified, at, because }) => ({ account: by, verified, at, because })),
  }
}

async function* emailsUnder(
  client: ClickHouseClient,
  project: string,
  domain: string,
): AsyncGenerator<string[]> {
  for (let after = ''; ;) {
    const answer = await client.query({
      query: `
        SELECT DISTINCT email FROM email_hosts
        WHERE project = {project: String} AND host = {domain: String} AND email > {after: String}
        ORDER BY email LIMIT ${identifiersAtOnce}`,
      query_params: { project, domain, after },
      format: 'JSONCompactEachRow',
    })
    const emails = (await answer.json<[string]>()).map(([email]) => email)
    if (emails.length > 0) yield emails
    const last = emails.at(-1)
    if (last === undefined || emails.length < identifiersAtOnce) return
    after = last
  }
}

async function readEpoch(client: ClickHouseClient, project: string): Promise<bigint> {
  const answer = await client.query({
    query: 'SELECT toString(max(epoch)) FROM identity_epochs WHERE project = {project: String}',
    query_params: { project },
    format: 'JSONCompactEachRow',
  })
  const [row] = await answer.json<[string]>()
  return BigInt(row?.[0] ?? '0')
}

function* chunks<Value>(values: readonly Value[], size: number): Generator<Value[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size)
}
