/** The work of stitching without the loop: takes changes or a page of everything, and brings the rows to date. */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryRows, type NamedQuery } from '../clickhouse/query.js'
import type { Project } from '../projects/projects.js'
import { domainMeanings, type DomainMeaning } from './accounts.js'
import type { Change } from '../projections/changes.js'
import type { Derived } from './derive.js'
import { differences, openDerivedTables, type DerivedTables, type DomainRow } from './derived-tables.js'
import { claimedDomain } from './domains.js'
import { openFacts, type FactReader } from './facts.js'
import { createRecentClaims } from './recent-claims.js'
import { readSweepPage, type SweepPosition } from '../projections/sweep.js'
import { reconcile } from './reconcile.js'

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

const projectsAtOnce = 4

export function createStitcher({ client, projects }: StitcherDeps): Stitcher {
  const repeats = createRecentClaims()
  const knownEmails = new Set<string>()
  const accountsOnce = createAccountsOnce()
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

  async function workInProject(project: string, identifiers: Iterable<string>, pass: Pass): Promise<void> {
    const context = {
      facts: factsOf(project),
      tables: openDerivedTables(client, project),
      signedOnly: isSignedOnly(project),
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
    for (const domain of await workInDomains(context, accounts)) {
      // A sweep comes by everybody with such an address anyway.
      if (pass.isSweep) continue
      for await (const emails of emailsUnder(client, project, domain))
        await reconcile(
          context,
          emails.map((email) => `email:${email}`),
        )
    }
  }

  async function workInAll(wanted: ReadonlyMap<string, Iterable<string>>, pass: Pass): Promise<void> {
    for (const some of chunks([...wanted], projectsAtOnce))
      await Promise.all(some.map(([project, identifiers]) => workInProject(project, identifiers, pass)))
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
      const epochs = await readEpochs(client)
      const wanted = new Map<string, Set<string>>()
      for (const change of changes) {
        if (change.kind === 'erased') forget()
        if (change.kind === 'email' && !isNewEmail(change.project, change.identifier)) continue
        if (repeats.isRepeat(change.project, change)) continue
        const ofProject = setOf(wanted, change.project).add(change.identifier)
        if (change.other !== '') ofProject.add(change.other)
      }
      await workInAll(wanted, { epochs, isSweep: false })
    },
    async sweepPage(position, size) {
      const epochs = await readEpochs(client)
      const { rows, next } = await readSweepPage(client, position, size)
      const wanted = new Map<string, Set<string>>()
      for (const { project, identifier, account } of rows) {
        setOf(wanted, project).add(identifier)
        if (account !== '') accountsOnce.ofProject(project).add(identifier, account)
      }
      await workInAll(wanted, { epochs, isSweep: true })
      return { identifiers: rows.length, next }
    },
  }
}

interface Pass {
  epochs: ReadonlyMap<string, bigint>
  isSweep: boolean
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
 * not those that a slower stitcher writes after a faster one took them away; that slower one still knows.
 */
function createAccountsOnce() {
  const known = new Map<string, Set<string>>()
  return {
    ofProject: (project: string) => ({
      of: (person: string): Iterable<string> => known.get(`${project}\n${person}`) ?? [],
      add(person: string, account: string) {
        if (known.size > maxAccountsOnce) known.clear()
        setOf(known, `${project}\n${person}`).add(account)
      },
    }),
  }
}
const maxAccountsOnce = 50_000
const maxKnownEmails = 200_000

interface DomainContext {
  facts: FactReader
  tables: DerivedTables
  epoch: bigint
  repair: boolean
}

/** Writes what the domains mean that these accounts ever claimed; answers which domains those are. */
async function workInDomains(context: DomainContext, accounts: readonly string[]): Promise<string[]> {
  const { facts, tables, epoch, repair } = context
  const own = await facts.domainTraitsOf(accounts)
  const domains = [...new Set(own.flatMap(({ value }) => claimedDomain(value) ?? []))]
  if (domains.length === 0) return []
  const traits = await facts.domainTraits(domains)
  const meaningOf = domainMeanings(traits)
  const present = await tables.present('domains', domains)
  const derived = domains.map((domain): [string, Derived<DomainRow>] => {
    const weight = traits.filter(({ value }) => claimedDomain(value) === domain).length
    return [domain, { row: domainRow(meaningOf(domain)), weight }]
  })
  await tables.write('domains', differences('domains', { derived, present, epoch, repair }))
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

function* chunks<Value>(values: readonly Value[], size: number): Generator<Value[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size)
}
