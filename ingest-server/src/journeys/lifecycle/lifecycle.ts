/** What it costs to win a customer, and what one is worth: GET /v1/metrics/lifecycle. */
import { TouchlineError } from '../../errors.js'
import type { Reader } from '../../clickhouse/query.js'
import { usedGoals, type UsedDefinition } from '../goals.js'
import { ratio } from '../numbers/statistics.js'
import { mostPeriods, readPeriods, yearMs, type Period } from './periods.js'
import {
  countActive,
  countConversions,
  countEmails,
  readCohorts,
  readCosts,
  readOrders,
  type LifecycleAsk,
  type VolumeRow,
} from './read-figures.js'

/** Numerator and denominator stand beside each number; it is null where the denominator is 0. */
interface PerCurrency {
  currency: string | null
  amount: number | null
}

export interface LifecyclePeriod {
  from: string
  to: string
  cac: (PerCurrency & { spend: number; customers: number })[]
  aov: (PerCurrency & { revenue: number; orders: number })[]
  frequency: { value: number | null; orders: number; customers: number }
  clv: (PerCurrency & {
    aov: number | null
    frequencyPerYear: number | null
    years: number
    margin: number
  })[]
  conversion: { value: number | null; converting: number; subjects: number }
  costPerImpression: (PerCurrency & { cost: number; impressions: number | null })[]
  costPerClick: (PerCurrency & { cost: number; clicks: number | null })[]
  costPerLead: (PerCurrency & { cost: number; leads: number })[]
  email: { impressions: number; delivered: number; sent: number }
  engagement: { value: number | null; engagements: number | null; followers: number | null }
  newCustomers: number
  leads: number
}

export interface Cohort {
  from: string
  customers: number
  periods: { from: string; retained: number; retention: number | null; churn: number | null }[]
}

interface LifecycleNumbers {
  periods: LifecyclePeriod[]
  cohorts: Cohort[]
}

export interface Lifecycle extends LifecycleNumbers {
  /** Where they are asked for: each channel, by the one that a subject first came from and by what was spent in it. */
  channels?: ({ channel: string } & LifecycleNumbers)[]
  definitions: UsedDefinition[]
  warnings: string[]
}

export async function lifecycle(
  reader: Reader,
  ask: LifecycleAsk & { from: number; to: number },
): Promise<Lifecycle> {
  const periods = await readPeriods(reader, ask)
  if (periods.length > mostPeriods)
    throw new TouchlineError(
      'QUERY_INVALID',
      `by: there are more than ${mostPeriods} of a ${ask.period} between from and to; ask for longer periods or a shorter time.`,
    )
  const parts = periods.map(({ from, to }) => ({
    start: from,
    from: Math.max(from, ask.from),
    to: Math.min(to, ask.to),
  }))
  const numbersOf = (figures: Figures): LifecycleNumbers => ({
    periods: parts.map((part) => periodOf(part, figures, ask)),
    cohorts: cohortsOf(parts, figures, ask.asOf),
  })
  const figures = await readAll(reader, { ...ask, isSplit: false })
  const byChannel = ask.isSplit ? await readAll(reader, ask) : undefined
  return {
    ...numbersOf(figures),
    ...(byChannel && {
      channels: channelsIn(byChannel).map((channel) => ({
        channel,
        ...numbersOf(onlyOf(byChannel, channel)),
      })),
    }),
    definitions: usedGoals(...new Set([ask.customer, ask.order, ask.lead])),
    warnings: (['customer', 'order', 'lead'] as const).flatMap((role) =>
      ask[role] === undefined
        ? [`No goal is defined for ${role}: what needs it is null. Name one with ${role}=<goal>.`]
        : [],
    ),
  }
}

async function readAll(reader: Reader, ask: LifecycleAsk) {
  const [newCustomers, leads, orders, active, emails, costs, cohorts] = await Promise.all([
    countConversions(reader, ask, ask.customer, 'first'),
    countConversions(reader, ask, ask.lead, 'first'),
    readOrders(reader, ask),
    countActive(reader, ask),
    countEmails(reader, ask),
    readCosts(reader, ask),
    readCohorts(reader, ask),
  ])
  return { newCustomers, leads, ...orders, ...active, emails, ...costs, cohorts }
}
type Figures = Awaited<ReturnType<typeof readAll>>

const channelsIn = (figures: Figures): string[] =>
  [...new Set(Object.values(figures).flatMap((rows) => rows.map(({ part }) => part)))].sort()

const onlyOf = (figures: Figures, channel: string): Figures =>
  Object.fromEntries(
    Object.entries(figures).map(([name, rows]) => [
      name,
      (rows as readonly { part: string }[]).filter(({ part }) => part === channel),
    ]),
    // The same lists, shorter.
  ) as unknown as Figures

/** The numbers of a period that begins at `start`. */
interface Part extends Period {
  start: number
}

function periodOf(
  { start, from, to }: Part,
  figures: Figures,
  { years, margin }: LifecycleAsk,
): LifecyclePeriod {
  const isHere = (row: { period: number }) => row.period * 1_000 === start
  const count = (rows: readonly { period: number; n: number }[]) => rows.find(isHere)?.n ?? 0
  const spends = figures.costs.filter(isHere)
  const orders = figures.orders.filter(isHere)
  const volume = figures.volumes.find(isHere)
  const email = figures.emails.find(isHere)
  const newCustomers = count(figures.newCustomers)
  const leads = count(figures.leads)
  const customers = count(figures.customers)
  const ordered = orders.reduce((sum, { n }) => sum + n, 0)
  const frequency = ratio(ordered, customers)
  const frequencyPerYear = frequency === null ? null : frequency * (yearMs / (to - from))
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    cac: spends.map(({ currency, amount: spend }) => ({
      currency: orNull(currency),
      amount: ratio(spend, newCustomers),
      spend,
      customers: newCustomers,
    })),
    aov: orders.map(({ currency, revenue, n }) => ({
      currency: orNull(currency),
      amount: ratio(revenue, n),
      revenue,
      orders: n,
    })),
    frequency: { value: frequency, orders: ordered, customers },
    clv: orders.map(({ currency, revenue, n }) => {
      const aov = ratio(revenue, n)
      const amount =
        aov === null || frequencyPerYear === null ? null : aov * frequencyPerYear * years * margin
      return { currency: orNull(currency), amount, aov, frequencyPerYear, years, margin }
    }),
    conversion: {
      value: ratio(count(figures.converting), count(figures.active)),
      converting: count(figures.converting),
      subjects: count(figures.active),
    },
    ...perUnit(spends, volume, leads),
    email: { impressions: email?.opens ?? 0, delivered: email?.delivered ?? 0, sent: email?.sent ?? 0 },
    engagement: engagementOf(volume),
    newCustomers,
    leads,
  }
}

interface Spend {
  currency: string
  amount: number
}

function perUnit(
  spends: readonly Spend[],
  volume: VolumeRow | undefined,
  leads: number,
): Pick<LifecyclePeriod, 'costPerImpression' | 'costPerClick' | 'costPerLead'> {
  const { impressions = null, clicks = null } = volume ?? {}
  const per = ({ currency, amount: cost }: Spend, n: number | null) => ({
    currency: orNull(currency),
    amount: n === null ? null : ratio(cost, n),
    cost,
  })
  return {
    costPerImpression: spends.map((spend) => ({ ...per(spend, impressions), impressions })),
    costPerClick: spends.map((spend) => ({ ...per(spend, clicks), clicks })),
    costPerLead: spends.map((spend) => ({ ...per(spend, leads), leads })),
  }
}

const orNull = (currency: string) => (currency === '' ? null : currency)

function engagementOf(
  volume: { engagements: number | null; followers: number | null } | undefined,
): LifecyclePeriod['engagement'] {
  const { engagements = null, followers = null } = volume ?? {}
  const share = engagements === null || followers === null ? null : ratio(engagements, followers)
  return { value: share === null ? null : share * 100, engagements, followers }
}

/** Per cohort and later period that has begun: the customers of the cohort that ordered then. */
function cohortsOf(parts: readonly Part[], { newCustomers, cohorts }: Figures, asOf: number): Cohort[] {
  return newCustomers.map(({ period, n }) => {
    const own = parts.find(({ start }) => start === period * 1_000)
    const later = parts.filter(({ start }) => start > period * 1_000 && start <= asOf)
    return {
      from: new Date(own?.from ?? period * 1_000).toISOString(),
      customers: n,
      periods: later.map(({ start, from }) => {
        const retained = cohorts.find((row) => row.cohort === period && row.period * 1_000 === start)?.n ?? 0
        const retention = ratio(retained, n)
        return {
          from: new Date(from).toISOString(),
          retained,
          retention,
          churn: retention === null ? null : 1 - retention,
        }
      }),
    }
  })
}
