/** The work of stitching without the loop: takes changes or a page of everything, and brings the rows to date. */
import type { ClickHouseClient } from '@clickhouse/client'
import QuickLRU from 'quick-lru'
import { queryRows, type NamedQuery } from '../../clickhouse/query.js'
import type { Project } from '../../projects/project.js'
import { domainMeanings, type DomainMeaning } from '../rules/accounts.js'
import type { Change } from './change.js'
import type { Derived } from './derive.js'
import { differences, openDerivedTables, type DerivedTables, type DomainRow } from './derived-tables.js'
import { claimedDomain, corporateDomain, domainRulesOf, type DomainRules } from '../rules/domains.js'
import { isEmail, isUser } from '../rules/effective-links.js'
import { openFacts, type DomainTrait, type FactReader } from '../facts/facts.js'
import { createRecentClaims } from './recent-claims.js'
import { readSweepPage, type SweepPosition } from '../../projections/sweep.js'
import { reconcile } from './reconcile.js'
import { partsOf } from '../../parts.js'

export interface Stitcher {
  /** Resolves when the rows of everybody concerned are written. */
  reconcileChanges: (changes: readonly Change[]) => Promise<void>
  /** Only of the projects that this process holds. */
  sweepPage: (
    position: SweepPosition,
    options: { size: number; isMine?: (project: string) => boolean },
  ) => Promise<{ identifiers: number; next: SweepPosition | undefined }>
  /** Drops everything that was remembered of earlier reads and writes. */
  forget: () => void
}

export interface StitcherDeps {
  client: ClickHouseClient
  projects?: { all: () => readonly Pick<Project, 'id' | 'identify' | 'domains'>[] } | undefined
}

const projectsAtOnce = 4

export function createStitcher({ client, projects }: StitcherDeps): Stitcher {
  const recentClaims = createRecentClaims()
  const knownEmails = new QuickLRU<string, true>({ maxSize: maxKnownEmails })
  const accountsOnce = createAccountsOnce()
  const isSignedOnly = (id: string) =>
    projects?.all().some((project) => project.id === id && project.identify === 'signed-only') ?? false

  const rulesOf = (id: string) => domainRulesOf(projects?.all().find((project) => project.id === id)?.domains)

  function factsOf(project: string): FactReader {
    const facts = openFacts(client, { project, signedOnly: isSignedOnly(project) })
    return {
      ...facts,
      async nodes(identifiers) {
        const nodes = await facts.nodes(identifiers)
        recentClaims.remember(project, nodes)
        return nodes
      },
    }
  }

  async function reconcileProject(
    project: string,
    { identifiers, claimers }: Outdated,
    pass: Pass,
  ): Promise<void> {
    const context = {
      facts: factsOf(project),
      tables: openDerivedTables(client, project),
      signedOnly: isSignedOnly(project),
      domainRules: rulesOf(project),
      epoch: pass.epochs.get(project) ?? 0n,
      repair: pass.isSweep,
      accountsOnce: accountsOnce.ofProject(project),
    }
    const accounts: string[] = []
    const people: string[] = []
    for (const identifier of identifiers) {
      if (identifier.startsWith('account:')) accounts.push(identifier.slice('account:'.length))
      else people.push(identifier)
    }
    await reconcile(context, people)
    const traits = [
      ...(await context.facts.domainTraitsOf(accounts)),
      ...(await domainsClaimedBy(context, claimers)),
    ]
    const domains = [
      ...new Set(traits.flatMap(({ value }) => claimedDomain(value, context.domainRules) ?? [])),
    ]
    for (const domain of domains) {
      // A sweep comes by everybody with such an address anyway.
      if (pass.isSweep) continue
      for await (const emails of emailsUnder(client, project, domain))
        await reconcile(
          context,
          emails.map((email) => `email:${email}`),
        )
    }
    await writeDomains(context, domains)
  }

  async function reconcileAll(wanted: ReadonlyMap<string, Outdated>, pass: Pass): Promise<void> {
    for (const some of partsOf([...wanted], projectsAtOnce))
      await Promise.all(some.map(([project, outdated]) => reconcileProject(project, outdated, pass)))
  }

  /** A lead's address comes with each of its events; that it is known changes nothing the second time. */
  function isNewEmail(project: string, identifier: string): boolean {
    const key = `${project}\n${identifier}`
    // Asked by `get`, which counts as use.
    if (knownEmails.get(key) !== undefined) return false
    knownEmails.set(key, true)
    return true
  }

  const forget = () => {
    recentClaims.forget()
    knownEmails.clear()
  }

  return {
    forget,
    async reconcileChanges(changes) {
      const epochs = await readEpochs(client)
      const wanted = new Map<string, Outdated>()
      for (const change of changes) {
        if (change.kind === 'erased') forget()
        if (change.kind === 'email' && !isNewEmail(change.project, change.identifier)) continue
        if (recentClaims.isRepeat(change.project, change)) continue
        const { identifiers, claimers } = outdatedOf(wanted, change.project)
        identifiers.add(change.identifier)
        if (change.other !== '') identifiers.add(change.other)
        if (!isUser(change.identifier) || !isEmail(change.other)) continue
        const domain = corporateDomain(change.other.slice('email:'.length), rulesOf(change.project))
        if (domain !== undefined) setOf(claimers, change.identifier).add(domain)
      }
      await reconcileAll(wanted, { epochs, isSweep: false })
    },
    async sweepPage(position, { size, isMine = () => true }) {
      const epochs = await readEpochs(client)
      const { rows, next } = await readSweepPage(client, position, size)
      const wanted = new Map<string, Outdated>()
      for (const { project, identifier, account } of rows) {
        if (!isMine(project)) continue
        outdatedOf(wanted, project).identifiers.add(identifier)
        if (account !== '') accountsOnce.ofProject(project).add(identifier, account)
      }
      await reconcileAll(wanted, { epochs, isSweep: true })
      return { identifiers: rows.length, next }
    },
  }
}

interface Pass {
  epochs: ReadonlyMap<string, bigint>
  isSweep: boolean
}

/** What has to be looked at in one project. */
interface Outdated {
  identifiers: Set<string>
  /** Users who stated an address, and the domains of these: from them a claim of such a domain counts. */
  claimers: Map<string, Set<string>>
}

function outdatedOf(all: Map<string, Outdated>, project: string): Outdated {
  let outdated = all.get(project)
  if (!outdated) all.set(project, (outdated = { identifiers: new Set(), claimers: new Map() }))
  return outdated
}

function setOf(sets: Map<string, Set<string>>, key: string): Set<string> {
  const known = sets.get(key)
  if (known) return known
  const made = new Set<string>()
  sets.set(key, made)
  return made
}

/**
 * Which rows of account_people this process wrote or swept lately. `people` names the accounts of a person, but
 * not those that a slower stitcher writes after a faster one removed them; this memory of the slower one has them.
 */
function createAccountsOnce() {
  const known = new QuickLRU<string, Set<string>>({ maxSize: maxAccountsOnce })
  return {
    ofProject: (project: string) => ({
      of: (person: string): Iterable<string> => known.get(`${project}\n${person}`) ?? [],
      add(person: string, account: string) {
        const key = `${project}\n${person}`
        const accounts = known.get(key) ?? new Set<string>()
        known.set(key, accounts.add(account))
      },
    }),
  }
}
// quick-lru keeps up to twice as many.
const maxAccountsOnce = 25_000
const maxKnownEmails = 100_000

interface DomainContext {
  facts: FactReader
  domainRules: DomainRules
  tables: DerivedTables
  epoch: bigint
  repair: boolean
}

/** Unverified claims of these users about the domains of accounts. */
async function domainsClaimedBy(
  { facts, domainRules }: Pick<DomainContext, 'facts' | 'domainRules'>,
  claimers: Outdated['claimers'],
): Promise<DomainTrait[]> {
  const memberships = await facts.memberships([...claimers.keys()])
  const traits = await facts.domainTraitsOf(memberships.map(({ account }) => account))
  return traits.filter(
    ({ claimer, verified, value }) =>
      !verified && claimers.get(claimer)?.has(claimedDomain(value, domainRules) ?? '') === true,
  )
}

/** Writes what these domains mean. */
async function writeDomains(context: DomainContext, domains: readonly string[]): Promise<void> {
  const { facts, domainRules, tables, epoch, repair } = context
  if (domains.length === 0) return
  const traits = await facts.domainTraits(domains)
  const meaningOf = domainMeanings(traits, domainRules)
  const present = await tables.present('domains', domains)
  const derived = domains.map((domain): [string, Derived<DomainRow>] => {
    // The facts that decide: the claims, and the addresses of their authors.
    const weight = traits
      .filter(({ value }) => claimedDomain(value, domainRules) === domain)
      .reduce((sum, { addresses }) => sum + 1 + addresses.length, 0)
    return [domain, { row: domainRow(meaningOf(domain)), weight: BigInt(weight) }]
  })
  await tables.write('domains', differences('domains', { derived, present, epoch, repair }))
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

const emailsAtOnce = 5_000

const emailsQuery: NamedQuery = {
  name: 'emails-under-domain',
  sql: `
    SELECT DISTINCT email FROM email_hosts
    WHERE project = {project: String} AND host = {domain: String} AND email > {after: String}
    ORDER BY email LIMIT ${emailsAtOnce}`,
}

async function* emailsUnder(
  client: ClickHouseClient,
  project: string,
  domain: string,
): AsyncGenerator<string[]> {
  for (let after = ''; ;) {
    const rows = await queryRows<[string]>({ client, project }, emailsQuery, { domain, after })
    const emails = rows.map(([email]) => email)
    if (emails.length > 0) yield emails
    const last = emails.at(-1)
    if (last === undefined || emails.length < emailsAtOnce) return
    after = last
  }
}

const epochsQuery: NamedQuery = {
  name: 'identity-epochs',
  sql: 'SELECT project, toString(max(epoch)) FROM identity_epochs GROUP BY project',
}

/** One row for each project that ever erased somebody. */
async function readEpochs(client: ClickHouseClient): Promise<Map<string, bigint>> {
  const rows = await queryRows<[project: string, epoch: string]>({ client }, epochsQuery)
  return new Map(rows.map(([project, epoch]) => [project, BigInt(epoch)]))
}
