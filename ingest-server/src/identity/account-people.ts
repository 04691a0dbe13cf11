/** Account → people and the subjects of events that name the account themselves, before any event is read. */
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import {
  lonePerson,
  readPeople,
  parseInterval,
  toPerson,
  type Interval,
  type Ownership,
  type Person,
  type StoredPerson,
} from './people.js'
import type { ResolvedInterval, ResolvedOwnership } from './rules/resolve.js'

export interface AccountMembership {
  person: string
  how: string
  periods: readonly (Interval & { because: string })[]
  verified: boolean
}

/** Somebody, member or not, who sent events that name the account (`context.groupId`). */
export interface Guest {
  subject: string
  owners: readonly Ownership[]
}

export interface Account {
  id: string
  memberships: readonly AccountMembership[]
  people: readonly Person[]
  guests: readonly Guest[]
  /** Whose the guests are, without those who are members. */
  guestPeople: readonly Person[]
}

const membershipsQuery: NamedQuery = {
  name: 'memberships-of-account',
  sql: `
SELECT person, how, periods, verified
FROM account_people FINAL
WHERE project = {project: String} AND account = {account: String} AND notEmpty(periods)
ORDER BY person`,
}

const membersQuery: NamedQuery = {
  name: 'members-of-account',
  sql: `
SELECT person, identifiers, accounts
FROM people FINAL
WHERE project = {project: String} AND notEmpty(identifiers) AND person IN (
  SELECT person FROM account_people FINAL
  WHERE project = {project: String} AND account = {account: String} AND notEmpty(periods))`,
}

const guestsQuery: NamedQuery = {
  name: 'guests-of-account',
  sql: `
SELECT subject, owners
FROM (SELECT DISTINCT subject FROM account_subjects WHERE project = {project: String} AND account = {account: String}) AS s
LEFT JOIN (
  SELECT identifier, owners FROM identity_map FINAL
  WHERE project = {project: String} AND identifier IN (
    SELECT subject FROM account_subjects WHERE project = {project: String} AND account = {account: String})) AS m
ON m.identifier = s.subject`,
}

type StoredPeriod = ResolvedInterval & { because: string }

/** Everybody who counts in the account. Empty lists where nobody is known. */
export async function readAccount(reader: Reader, account: string): Promise<Account> {
  const params = { account }
  const [memberships, members, guests] = await Promise.all([
    query<{ person: string; how: string; periods: StoredPeriod[]; verified: boolean }>(
      reader,
      membershipsQuery,
      params,
    ),
    query<StoredPerson>(reader, membersQuery, params),
    query<{ subject: string; owners: ResolvedOwnership[] }>(reader, guestsQuery, params),
  ])
  const known = memberships.map((one) => ({ ...one, periods: one.periods.map(parseInterval) }))
  const isMember = new Set(known.map(({ person }) => person))
  const owners = new Set(guests.flatMap((guest) => guest.owners.map(({ person }) => person)))
  const others = [...owners].filter((person) => !isMember.has(person))
  return {
    id: account,
    memberships: known,
    people: peopleOf(account, known, members.map(toPerson)),
    guests: guests.map((guest) => ({ ...guest, owners: guest.owners.map(parseInterval) })),
    guestPeople: others.length === 0 ? [] : await readPeople(reader, others),
  }
}

/** account_people and people are written one after the other; the account's own list of periods counts here. */
function peopleOf(
  account: string,
  memberships: readonly AccountMembership[],
  members: readonly Person[],
): Person[] {
  const byId = new Map(members.map((person) => [person.id, person]))
  return memberships.map(({ person: id, how, periods, verified }) => {
    const person = byId.get(id) ?? lonePerson(id)
    const elsewhere = person.accounts.filter((stay) => stay.account !== account)
    return {
      ...person,
      accounts: [...elsewhere, ...periods.map((period) => ({ account, how, verified, ...period }))],
    }
  })
}

export const isKnownAccount = ({ memberships, guests }: Account) =>
  memberships.length > 0 || guests.length > 0

const namesQuery: NamedQuery = {
  name: 'names-of-account',
  sql: `
SELECT DISTINCT identifiers.identifier AS identifier
FROM people FINAL
ARRAY JOIN identifiers
WHERE project = {project: String} AND person IN (
  SELECT person FROM account_people WHERE project = {project: String} AND account = {account: String})`,
}

const subjectsQuery: NamedQuery = {
  name: 'subjects-of-account',
  sql: `
SELECT DISTINCT subject FROM account_subjects
WHERE project = {project: String} AND account = {account: String}`,
}

/** Every identifier of each person who is or once was in the account, and the subjects of events that name it. */
export async function readAccountNames(reader: Reader, account: string) {
  const [names, named] = await Promise.all([
    query<{ identifier: string }>(reader, namesQuery, { account }),
    query<{ subject: string }>(reader, subjectsQuery, { account }),
  ])
  return {
    identifiers: names.map(({ identifier }) => identifier),
    subjects: named.map(({ subject }) => subject),
  }
}
