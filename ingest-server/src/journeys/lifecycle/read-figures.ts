/** The counts behind lifecycle numbers, by period: conversions, orders, subjects, emails, costs. */
import { query, type Reader } from '../../clickhouse/query.js'
import { touchesOf } from '../../definitions/sql/touches.js'
import { conversionsOf, type Goal } from '../goals.js'
import { notSet } from '../attribution/attribution-question.js'
import {
  baseParams,
  fragment,
  ofSubjects,
  paramsOf,
  settings,
  within,
  type Fragment,
  type Question,
} from '../question.js'
import { startOf, startOfDate, type PeriodName } from './periods.js'

export interface LifecycleAsk extends Question {
  period: PeriodName
  /** IANA name. */
  zone: string
  customer: Goal | undefined
  order: Goal | undefined
  lead: Goal | undefined
  /** Length of a customer's life in years, for CLV. */
  years: number
  /** Part of the revenue that is earned. */
  margin: number
  /** Costs and first touches of this channel only. */
  channel: string | undefined
  /** Also per channel: `part` of a row is its channel, and empty for the total. */
  isSplit: boolean
}

/** Every row names its period by the start, in seconds since 1970. */
export interface CountRow {
  part: string
  period: number
  n: number
}
export interface OrderRow extends CountRow {
  currency: string
  revenue: number
}
export interface CostRow {
  part: string
  period: number
  currency: string
  amount: number
}
export interface VolumeRow {
  part: string
  period: number
  impressions: number | null
  clicks: number | null
  engagements: number | null
  followers: number | null
}

/** SELECT key, part: the channel of its first touch that has one. */
const firstChannels = (subject: LifecycleAsk['subject']) =>
  `SELECT key, toString(argMin(channel, (at, message_id, touch))) AS part FROM ${touchesOf(subject)} WHERE channel != '' GROUP BY key`

/** The rows of `from` (a FROM expression with `key` and `at`) that are asked for, with `part` and `period`. */
function scoped(ask: LifecycleAsk, from: string, condition: string): string {
  const period = `${startOf(ask.period, 'at')} AS period`
  if (!ask.isSplit) return `(SELECT *, ${period}, '' AS part FROM ${from} WHERE ${condition})`
  return `(
SELECT counted.*, if(parted.part = '', '${notSet}', parted.part) AS part
FROM (SELECT *, ${period} FROM ${from} WHERE ${condition}) AS counted
LEFT JOIN (${firstChannels(ask.subject)}) AS parted ON parted.key = counted.key)`
}

const grouped = (select: string, from: string) =>
  `SELECT part, period, ${select} FROM ${from} GROUP BY part, period ORDER BY part, period`

/** Subjects of the channel: those whose first touch with a channel is of it. Everybody where none is asked. */
function ofChannel({ channel, subject }: LifecycleAsk): Fragment {
  if (channel === undefined) return fragment('1')
  if (channel === notSet) return fragment(`key NOT IN (SELECT key FROM (${firstChannels(subject)}))`)
  return fragment(`key IN (SELECT key FROM (${firstChannels(subject)}) WHERE part = {channel: String})`, {
    channel,
  })
}

/** Condition on key and at, and what every statement over them names. */
export async function scopeOf(reader: Reader, ask: LifecycleAsk) {
  const subjects = await ofSubjects(reader, ask)
  const channel = ofChannel(ask)
  const window = within(ask, 'at')
  return {
    condition: `${subjects.sql} AND ${channel.sql} AND ${window.sql}`,
    params: paramsOf(fragment('', { ...baseParams(ask), zone: ask.zone }), subjects, channel, window),
  }
}

/** Subjects whose first conversion lies in the period; with `each` every conversion. */
export async function countConversions(
  reader: Reader,
  ask: LifecycleAsk,
  goal: Goal | undefined,
  how: 'first' | 'each',
): Promise<CountRow[]> {
  if (goal === undefined) return []
  const counted: Goal = { ...goal, body: { ...goal.body, count: how } }
  const conversions = await conversionsOf(reader, counted, ask, { prefix: 'goal' })
  const scope = await scopeOf(reader, ask)
  const sql = grouped('count() AS n', scoped(ask, `(${conversions.sql})`, scope.condition))
  return query(
    reader,
    { name: 'lifecycle-conversions', sql, settings },
    { ...conversions.params, ...scope.params },
  )
}

/** Orders and revenue by currency; `customers` are all that ordered in the period. */
export async function readOrders(
  reader: Reader,
  ask: LifecycleAsk,
): Promise<{ orders: OrderRow[]; customers: CountRow[] }> {
  if (ask.order === undefined) return { orders: [], customers: [] }
  const each: Goal = { ...ask.order, body: { ...ask.order.body, count: 'each' } }
  const conversions = await conversionsOf(reader, each, ask, { prefix: 'goal', withWorth: true })
  const scope = await scopeOf(reader, ask)
  const params = { ...conversions.params, ...scope.params }
  const from = scoped(ask, `(${conversions.sql})`, scope.condition)
  const [orders, customers] = await Promise.all([
    query<OrderRow>(
      reader,
      {
        name: 'lifecycle-orders',
        sql: `SELECT part, period, currency, count() AS n, sum(toDecimal128(ifNull(value, 0), 6)) AS revenue FROM ${from} GROUP BY part, period, currency ORDER BY part, period, currency`,
        settings,
      },
      params,
    ),
    query<CountRow>(
      reader,
      { name: 'lifecycle-customers', sql: grouped('uniqExact(key) AS n', from), settings },
      params,
    ),
  ])
  return { orders, customers }
}

/** Subjects with a touch in the period, and of those who converted in it. */
export async function countActive(
  reader: Reader,
  ask: LifecycleAsk,
): Promise<{ active: CountRow[]; converting: CountRow[] }> {
  const scope = await scopeOf(reader, ask)
  const active = query<CountRow>(
    reader,
    {
      name: 'lifecycle-active',
      sql: grouped(
        'uniqExact(key) AS n',
        scoped(ask, `(SELECT key, at FROM ${touchesOf(ask.subject)})`, scope.condition),
      ),
      settings,
    },
    scope.params,
  )
  if (ask.customer === undefined) return { active: await active, converting: [] }
  const each: Goal = { ...ask.customer, body: { ...ask.customer.body, count: 'each' } }
  const conversions = await conversionsOf(reader, each, ask, { prefix: 'goal' })
  const converting = query<CountRow>(
    reader,
    {
      name: 'lifecycle-converting',
      sql: grouped('uniqExact(key) AS n', scoped(ask, `(${conversions.sql})`, scope.condition)),
      settings,
    },
    { ...conversions.params, ...scope.params },
  )
  return { active: await active, converting: await converting }
}

export interface EmailRow {
  part: string
  period: number
  sent: number
  delivered: number
  opens: number
}

/** Touches of kind email by what their names say, as email services name them: Email Sent, Delivered, Opened. */
export async function countEmails(reader: Reader, ask: LifecycleAsk): Promise<EmailRow[]> {
  const scope = await scopeOf(reader, ask)
  const named = (word: string) => `countIf(match(name, '(?i)\\\\b${word}'))`
  const emails = `(SELECT key, at, name FROM ${touchesOf(ask.subject)} WHERE kind = 'email')`
  const sql = grouped(
    `${named('sent')} AS sent, ${named('delivered')} AS delivered, ${named('open')} AS opens`,
    scoped(ask, emails, scope.condition),
  )
  return query(reader, { name: 'lifecycle-emails', sql, settings }, scope.params)
}

export async function readCosts(
  reader: Reader,
  ask: LifecycleAsk,
): Promise<{ costs: CostRow[]; volumes: VolumeRow[] }> {
  const head = `${ask.isSplit ? 'toString(channel)' : "''"} AS part, ${startOfDate(ask.period, 'day')} AS period`
  const conditions = [
    'project = {project: String}',
    ...(ask.channel === undefined ? [] : ['channel = {channel: String}']),
    ...(ask.from === undefined ? [] : ["day >= toDate({from: DateTime64(3, 'UTC')}, {zone: String})"]),
    ...(ask.to === undefined ? [] : ["toDateTime(day, {zone: String}) < {to: DateTime64(3, 'UTC')}"]),
  ]
  const from = `(SELECT * FROM costs FINAL WHERE ${conditions.join(' AND ')})`
  const params = {
    zone: ask.zone,
    ...(ask.channel !== undefined && { channel: ask.channel }),
    ...(ask.from !== undefined && { from: new Date(ask.from) }),
    ...(ask.to !== undefined && { to: new Date(ask.to) }),
  }
  const costs = query<CostRow>(
    reader,
    {
      name: 'lifecycle-costs',
      sql: `SELECT ${head}, currency, sum(amount) AS amount FROM ${from} GROUP BY part, period, currency ORDER BY part, period, currency`,
    },
    params,
  )
  // Followers are a level and not a flow: per place the last number in the period counts.
  const volumes = query<VolumeRow>(
    reader,
    {
      name: 'lifecycle-volumes',
      sql: `
SELECT part, period, sumOrNull(impressions) AS impressions, sumOrNull(clicks) AS clicks, sumOrNull(engagements) AS engagements, sumOrNull(followers) AS followers
FROM (
  SELECT ${head}, sum(impressions) AS impressions, sum(clicks) AS clicks, sum(engagements) AS engagements, argMax(followers, day) AS followers
  FROM ${from} GROUP BY part, period, channel, source, medium, campaign
)
GROUP BY part, period ORDER BY part, period`,
    },
    params,
  )
  return { costs: await costs, volumes: await volumes }
}

export interface CohortRow {
  part: string
  /** Start of the period of the first conversion, and of a later one with an order. */
  cohort: number
  period: number
  n: number
}

/** Per cohort (period of the first conversion of the customer goal) and period: the subjects that ordered again. */
export async function readCohorts(reader: Reader, ask: LifecycleAsk): Promise<CohortRow[]> {
  const { customer, order } = ask
  if (customer === undefined) return []
  const first: Goal = { ...customer, body: { ...customer.body, count: 'first' } }
  const again: Goal = { ...(order ?? customer), body: { ...(order ?? customer).body, count: 'each' } }
  const firstOccurrences = await conversionsOf(reader, first, ask, { prefix: 'goal' })
  const orders = await conversionsOf(reader, again, ask, { prefix: 'again' })
  const scope = await scopeOf(reader, ask)
  const until = within({ to: ask.to }, 'at')
  const sql = `
SELECT part, cohort, period, uniqExact(first_occurrences.key) AS n
FROM (SELECT key, part, period AS cohort FROM ${scoped(ask, `(${firstOccurrences.sql})`, scope.condition)}) AS first_occurrences
INNER JOIN (SELECT key, ${startOf(ask.period, 'at')} AS period FROM (${orders.sql}) WHERE ${until.sql}) AS orders ON orders.key = first_occurrences.key
WHERE period >= cohort
GROUP BY part, cohort, period ORDER BY part, cohort, period`
  return query(
    reader,
    { name: 'lifecycle-cohorts', sql, settings },
    { ...firstOccurrences.params, ...orders.params, ...scope.params },
  )
}
