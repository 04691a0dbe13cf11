/**
 * A company small enough to work out every number by hand, with its definitions. All at noon UTC.
 *
 *     acme     won 1,000.00 EUR on 1 March    Paid Search, Organic Search, Email, Direct; ann and bob
 *     globex   won 500.01 EUR on 15 March     Paid Search twice
 *     initech  won 300 USD on 1 April         Organic Search, 107 days before
 *     umbrella lost on 10 April               Paid Search, Email
 *     hooli    open                           Organic Social twice
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { eventRow, insertPeople, insertRowsOf } from '../event-rows.js'

type Fields = Omit<Parameters<typeof eventRow>[0], 'at'>

const noon = (day: string) => `${day}T12:00:00Z`

const visit = (day: string, user: string, channel: string, more: Fields = {}) =>
  eventRow({
    at: noon(day),
    type: 'page',
    user_id: user,
    channel,
    session_id: `${user}-${day}`,
    path: '/',
    title: 'Home',
    ...more,
  })

const crm = (day: string, user: string, name: string, properties: Record<string, unknown>) =>
  eventRow({ at: noon(day), name, user_id: user, kind: 'crm', origin: 'crm', properties })

const email = (day: string, user: string) =>
  eventRow({
    at: noon(day),
    name: 'Newsletter',
    user_id: user,
    kind: 'email',
    origin: 'mailer',
    channel: 'Email',
  })

const paid = { source: 'google', medium: 'cpc', campaign: 'spring', path: '/pricing', title: 'Pricing' }

export const companyEvents = () => [
  visit('2026-01-01', 'ann', 'Paid Search', paid),
  visit('2026-01-11', 'ann', 'Organic Search'),
  email('2026-02-10', 'ann'),
  visit('2026-02-20', 'bob', 'Direct'),
  crm('2026-03-01', 'ann', 'Deal Won', { amount: 1000, currency: 'EUR' }),
  visit('2026-02-01', 'gil', 'Paid Search', paid),
  visit('2026-03-01', 'gil', 'Paid Search'),
  crm('2026-03-15', 'gil', 'Deal Won', { amount: '500.01', currency: 'eur' }),
  visit('2025-12-15', 'ina', 'Organic Search'),
  crm('2026-04-01', 'ina', 'Deal Won', { amount: 300, currency: 'USD' }),
  visit('2026-03-20', 'uma', 'Paid Search', paid),
  email('2026-04-01', 'uma'),
  crm('2026-04-10', 'uma', 'Deal Lost', {}),
  visit('2026-05-01', 'hal', 'Organic Social'),
  visit('2026-05-20', 'hal', 'Organic Social'),
]

const people: Readonly<Record<string, string>> = {
  ann: 'acme',
  bob: 'acme',
  gil: 'globex',
  ina: 'initech',
  uma: 'umbrella',
  hal: 'hooli',
}

const accountTraits: readonly [account: string, name: string, value: unknown, day: string][] = [
  ['acme', 'industry', 'software', '2026-01-01'],
  ['globex', 'industry', 'software', '2026-02-01'],
  ['initech', 'industry', 'retail', '2025-12-15'],
  ['umbrella', 'industry', 'retail', '2026-03-20'],
  ['acme', 'name', 'Acme Inc', '2026-01-01'],
  ['globex', 'name', 'Globex', '2026-01-01'],
  // Told after they had closed.
  ['acme', 'plan', 'gold', '2026-04-01'],
  ['initech', 'plan', 'gold', '2026-05-01'],
  ['umbrella', 'plan', 'gold', '2026-03-01'],
]

const personTraits: readonly [user: string, name: string, value: string][] = [
  ['ann', 'title', 'CTO'],
  ['bob', 'title', 'Buyer'],
  ['gil', 'title', 'VP Engineering'],
  ['uma', 'title', 'Buyer'],
]

export async function storeCompany(app: ClickHouseClient): Promise<void> {
  await insertRowsOf(app, companyEvents())
  await insertPeople(
    app,
    Object.entries(people).map(([user, account]) => ({
      person: `user:${user}`,
      identifiers: [{ identifier: `user:${user}` }],
      accounts: [{ account }],
    })),
  )
  const said = (day: string, index: number) => ({
    project: 'default',
    at: `${day} 00:00:00`,
    received_at: `${day} 00:00:00`,
    message_id: `trait-${index}`,
    verified: true,
    version: 1,
  })
  await app.insert({
    table: 'account_traits',
    format: 'JSONEachRow',
    values: accountTraits.map(([account, name, value, day], index) => ({
      ...said(day, index),
      account,
      name,
      value: JSON.stringify(value),
    })),
  })
  await app.insert({
    table: 'traits',
    format: 'JSONEachRow',
    values: personTraits.map(([user, name, value], index) => ({
      ...said('2025-12-01', 100 + index),
      identifier: `user:${user}`,
      name,
      value: JSON.stringify(value),
    })),
  })
}

/** Path below /v1/definitions → body. */
export const companyDefinitions: Readonly<Record<string, object>> = {
  'goals/won': {
    name: 'Deal won',
    subject: 'account',
    when: { touch: { name: 'Deal Won' } },
    value: { property: 'amount' },
    currency: { property: 'currency' },
    count: 'first',
  },
  'goals/lost': { name: 'Deal lost', subject: 'account', when: { touch: { name: 'Deal Lost' } } },
  'goals/lead': { name: 'Lead', subject: 'account', when: { touch: { channel: 'Organic Search' } } },
  'goals/gold': {
    name: 'Gold plan',
    subject: 'account',
    when: { accountTrait: 'plan', op: 'eq', value: 'gold' },
  },
  'stages/default': {
    name: 'Stages',
    subject: 'account',
    stages: [
      { id: 'discovery', name: 'Discovery', enter: { touch: { kind: 'visit' } }, silentAfter: '20d' },
      { id: 'retention', name: 'Retention', enter: { touch: { name: 'Deal Won' } }, silentAfter: '80d' },
    ],
  },
  'personas/default': {
    name: 'Who buys',
    traits: ['title'],
    groups: { technical: ['CTO', 'VP *'] },
  },
}
