/** Random histories of events and who-is-who, what is stored of their touchpoints, and what it should be. */
import type { ClickHouseClient } from '@clickhouse/client'
import {
  lonePerson,
  type AccountStay,
  type Holding,
  type Person,
} from '../../ingest-server/src/identity/people.js'
import { readCopies } from '../../ingest-server/src/touchpoints/upkeep/copies.js'
import { toTouchpointRow } from '../../ingest-server/src/touchpoints/stored-row.js'
import { personScope } from '../../ingest-server/src/touchpoints/scope.js'
import { touchpointsFrom } from '../../ingest-server/src/touchpoints/touchpoints.js'
import { eventRow } from '../event-rows.js'

export type Random = (below: number) => number

/** The same numbers at every run. */
export function seeded(seed: number): Random {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

export function pick<T>(from: readonly T[], random: Random): T {
  const found = from[random(from.length)]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}

interface Lines {
  table: string
  lines: string[]
}

export interface History {
  project: string
  subjects: readonly string[]
  /** Inserted one after the other. */
  steps: Lines[][]
  /** Who is who in the end. */
  people: readonly Person[]
}

const start = Date.parse('2026-03-01T00:00:00Z')
const minute = 60_000
/** Whom a history is about; nobody else's names begin with its own. */
function castOf(name: string) {
  const devices = ['a0', 'a1', 'a2', 'a3'].map((one) => `${name}-${one}`)
  const users = ['u0', 'u1', 'u2'].map((one) => `${name}-${one}`)
  const email = `${name}@x.test`
  const subjects = [
    ...devices.map((one) => `anon:${one}`),
    ...users.map((one) => `user:${one}`),
    `email:${email}`,
  ]
  return { name, devices, users, email, subjects }
}
type Cast = ReturnType<typeof castOf>

const gaps = [0, 1, 20_000, 150_000, 299_999, 300_000, 300_001, 1_799_999, 1_800_000, 1_800_001, 3_600_000]

export function randomHistory(project: string, name: string, random: Random): History {
  const cast = castOf(name)
  const events = randomEvents(project, cast, random)
  const steps: Lines[][] = []
  let people: Person[] = []
  let version = 0
  while (events.length > 0) {
    const step: Lines[] = []
    const some = events.splice(0, 1 + random(12))
    step.push({ table: 'events', lines: some.map((row) => `${JSON.stringify(row)}\n`) })
    if (random(2) === 0) {
      version += 1
      const before = people
      people = randomPeople(cast, random)
      step.push(...identityLines(project, cast, { people, before, version }))
    }
    steps.push(random(2) === 0 ? step : step.reverse())
  }
  return { project, subjects: cast.subjects, steps, people }
}

function randomEvents(project: string, { name, devices, users, email }: Cast, random: Random) {
  const rows: ReturnType<typeof eventRow>[] = []
  let at = start + random(3) * 40 * 24 * 60 * minute
  const count = 5 + random(30)
  for (let index = 0; index < count; index += 1) {
    at += random(15) === 0 ? 100 * 24 * 60 * minute : pick(gaps, random)
    const user = random(3) === 0 ? pick(users, random) : ''
    const type = pick(
      ['page', 'page', 'screen', 'track', 'track', 'track', 'identify', 'group'] as const,
      random,
    )
    const channel = pick(['', '', 'Direct', 'Paid Search', 'Email'], random)
    rows.push(
      eventRow({
        at: new Date(at).toISOString(),
        project,
        message_id: `${name}-${index}`,
        type,
        name:
          type === 'track'
            ? pick(['Demo Requested', 'demo_requested', 'Signed Up', 'Page Left'], random)
            : pick(['', 'Home'], random),
        anonymous_id: random(4) === 0 && user !== '' ? '' : pick(devices, random),
        user_id: user,
        email: random(6) === 0 ? email : '',
        origin: pick(['web', 'web', 'server', 'crm'], random),
        kind: type === 'track' && random(6) === 0 ? pick(['offline', 'email', 'ad', 'crm'], random) : '',
        session_id: random(3) === 0 ? `s${random(3)}` : '',
        channel,
        campaign: channel === '' ? '' : pick(['', 'spring', 'summer'], random),
        source: channel === '' ? '' : `source ${random(3)}`,
        path: random(3) === 0 ? '' : `/${random(4)}`,
        title: random(3) === 0 ? '' : `Title ${random(4)}`,
        is_bot: random(20) === 0,
        group_id: type === 'group' || random(10) === 0 ? pick(['acme', 'globex'], random) : '',
        properties: random(4) === 0 ? { revenue: random(900) / 4, currency: 'eur' } : {},
        links: [],
      }),
    )
  }
  // Copies: re-sent as they were, with another time, or after a login.
  for (const row of rows.filter(() => random(6) === 0)) {
    const received_at = new Date(Date.parse(row.received_at) + random(3) * 1_000 - 500).toISOString()
    const moved = new Date(Date.parse(row.client_time) + pick(gaps, random)).toISOString()
    const user = pick(users, random)
    rows.push(
      pick(
        [
          { ...row, received_at },
          { ...row, received_at, client_time: moved, occurred_at: moved },
          { ...row, received_at, user_id: user, subject: `user:${user}` },
        ],
        random,
      ),
    )
  }
  // Stored in another order than they happened.
  for (let index = rows.length - 1; index > 0; index -= 1) {
    if (random(3) === 0) continue
    const other = random(index + 1)
    const [one, two] = [rows[index], rows[other]]
    if (one && two) [rows[index], rows[other]] = [two, one]
  }
  return rows
}

/** Some of the identifiers are somebody's: users hold devices, one after the other, and the address. */
function randomPeople({ devices, users, email }: Cast, random: Random): Person[] {
  const holdings = new Map<string, Holding[]>()
  const hold = (person: string, identifier: string, from?: number, to?: number) => {
    const list = holdings.get(person) ?? []
    list.push({ identifier, from, to, because: 'b', rule: 'R1', verified: false })
    holdings.set(person, list)
  }
  for (const user of users) if (random(3) > 0) hold(`user:${user}`, `user:${user}`)
  const persons = [...holdings.keys()]
  if (random(3) === 0)
    hold(persons.length > 0 && random(2) === 0 ? pick(persons, random) : `email:${email}`, `email:${email}`)
  for (const device of devices) {
    if (persons.length === 0 || random(3) === 0) continue
    let from: number | undefined
    for (let owners = random(3); owners > 0; owners -= 1) {
      const to: number = (from ?? start) + 1 + random(5) * 25 * minute
      hold(pick(persons, random), `anon:${device}`, from, to)
      from = to
    }
    hold(pick(persons, random), `anon:${device}`, from)
  }
  return [...holdings].map(([id, identifiers]) => ({
    id,
    identifiers,
    accounts: randomStays(random),
    isStitched: true,
  }))
}

function randomStays(random: Random): AccountStay[] {
  return ['acme', 'globex'].flatMap((account) =>
    random(3) === 0
      ? [
          {
            account,
            how: 'group',
            because: 'b',
            verified: false,
            from: random(2) === 0 ? undefined : start + random(300) * minute,
            to: undefined,
          },
        ]
      : [],
  )
}

function identityLines(
  project: string,
  { subjects }: Cast,
  { people, before, version }: { people: readonly Person[]; before: readonly Person[]; version: number },
): Lines[] {
  const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString())
  const held = ({ from, to, because, rule, verified }: Holding) => ({
    from: iso(from),
    to: iso(to),
    because,
    rule,
    verified,
  })
  const ids = new Set(people.map(({ id }) => id))
  const owners = (identifier: string) =>
    people
      .flatMap(({ id, identifiers }) =>
        identifiers
          .filter((one) => one.identifier === identifier)
          .map((one) => ({ person: id, ...held(one) })),
      )
      .sort((a, b) => (a.from ?? '').localeCompare(b.from ?? ''))
  const line = (row: object) => `${JSON.stringify({ project, version, ...row })}\n`
  return [
    {
      table: 'people',
      lines: [
        ...people.map(({ id, identifiers, accounts }) =>
          line({
            person: id,
            identifiers: identifiers.map((one) => ({ identifier: one.identifier, ...held(one) })),
            accounts: accounts.map((stay) => ({ ...stay, from: iso(stay.from), to: iso(stay.to) })),
          }),
        ),
        ...before
          .filter(({ id }) => !ids.has(id))
          .map(({ id }) => line({ person: id, identifiers: [], accounts: [], is_deleted: 1 })),
      ],
    },
    {
      table: 'identity_map',
      lines: subjects.map((identifier) => {
        const list = owners(identifier)
        return line({ identifier, owners: list, state: '', is_deleted: list.length === 0 ? 1 : 0 })
      }),
    },
  ]
}

/** What should stand: by the function over all facts, everybody's. */
export async function formedFromFacts(
  client: ClickHouseClient,
  project: string,
  histories: readonly History[],
) {
  const all = await readCopies(
    { client, project },
    { subjects: histories.flatMap(({ subjects }) => subjects), limit: 10_000_000 },
  )
  const formed = histories.flatMap(({ people, subjects }) => {
    const rows = all.filter(({ subject }) => subjects.includes(subject))
    const owned = new Set(
      people.flatMap(({ identifiers }) => identifiers.map(({ identifier }) => identifier)),
    )
    const lone = subjects.filter((subject) => !owned.has(subject)).map(lonePerson)
    return [...people, ...lone].flatMap((person) => {
      const events = personScope(person).placed(rows)
      return touchpointsFrom(events.filter(({ row }) => !row.isBot)).map(toTouchpointRow)
    })
  })
  return {
    people: formed
      .map(({ person, at, touch, digest, accounts }) => ({ person, at, touch, digest, accounts }))
      .sort(byKey),
    accounts: formed
      .flatMap(({ person, at, touch, accounts }) =>
        accounts.map((account) => ({ account, person, at, touch })),
      )
      .sort(byKey),
  }
}

interface Keyed {
  person: string
  account?: string
  at: number
  touch: string
}
const textOf = ({ account = '', person, at, touch }: Keyed) => `${account} ${person} ${at} ${touch}`
const byKey = (a: Keyed, b: Keyed) => (textOf(a) < textOf(b) ? -1 : 1)

const settings = { output_format_json_quote_64bit_integers: 1 } as const

export async function storedTouchpoints(client: ClickHouseClient, project: string) {
  const answer = await client.query({
    query: `SELECT person, toUnixTimestamp64Milli(at) AS at_ms, toString(touch) AS touch, toString(digest) AS digest, accounts
      FROM touchpoints_of_people FINAL WHERE project = {project: String}`,
    query_params: { project },
    format: 'JSONEachRow',
    clickhouse_settings: settings,
  })
  const rows = await answer.json<{
    person: string
    at_ms: string
    touch: string
    digest: string
    accounts: string[]
  }>()
  return rows.map(({ at_ms, ...row }) => ({ ...row, at: Number(at_ms) })).sort(byKey)
}

export async function storedAccounts(client: ClickHouseClient, project: string) {
  const answer = await client.query({
    query: `SELECT account, person, toUnixTimestamp64Milli(at) AS at_ms, toString(touch) AS touch
      FROM touchpoints_of_accounts FINAL WHERE project = {project: String}`,
    query_params: { project },
    format: 'JSONEachRow',
    clickhouse_settings: settings,
  })
  const rows = await answer.json<{ account: string; person: string; at_ms: string; touch: string }>()
  return rows.map(({ at_ms, ...row }) => ({ ...row, at: Number(at_ms) })).sort(byKey)
}
