/** The answers worth seeing: what a marketer asks of the company, as text. */
import type { Server } from './server-calls.js'
import { askFor } from './server-calls.js'

interface Money {
  currency: string | null
  amount: number
}
interface Attribution {
  conversions: number
  value: Money[]
  unattributed: { conversions: number; value: Money[] }
  models: { model: string; rows: { key: string; value: Money[] }[]; unattributed: { value: Money[] } }[]
}
interface Summary {
  n: number
  touches: { mean: number | null }
  channels: { mean: number | null }
  days: { mean: number | null }
}
interface Stages {
  stages: {
    name: string
    reached: number
    current: number
    droppedOff: number
    time: { kaplanMeierMedianDays: number | null }
  }[]
}
interface Gaps {
  rows: { subject: string; days: number; stage: string | null }[]
}

interface Handoffs {
  rows: {
    subject: string
    account: string | null
    total: number
    rules: { rule: string; points: number }[]
    touches: { at: string; name: string; page: string }[]
  }[]
}
interface Count {
  members: number
}

/** As they come: role engage looks a moment after touchpoints are formed. Ends without any after a minute. */
export async function handoffsOf(server: Server, looks = 60): Promise<string[]> {
  for (let look = 0; look < looks; look += 1) {
    const { rows } = await askFor<Handoffs>(server, '/v1/handoffs?score=lead&limit=5')
    const { members } = await askFor<Count>(server, '/v1/segments/silent-after-demo/count')
    if (rows.length > 0)
      return [
        'Handed to sales, and why:',
        ...rows.map(
          ({ subject, account, total, rules, touches }) =>
            `  ${subject} of ${account ?? 'no account'}: ${shown(total)} points (${rules.map(({ rule, points }) => `${rule} ${shown(points)}`).join(', ')}); most by ${touches[0]?.name ?? 'no touch'}`,
        ),
        '',
        `Gone silent after a demo: ${members} people.`,
      ]
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
  return ['Nobody was handed to sales yet.']
}

const models = 'first,last,linear,u,markov'

/** Lines to print. Throws where the attribution does not add up to the cent. */
export async function answersOf(server: Server): Promise<string[]> {
  const [attribution, won, stages, gaps] = await Promise.all([
    askFor<Attribution>(server, `/v1/attribution?goal=won&model=${models}&milestones=lc:lead,oc:opportunity`),
    askFor<Summary>(server, '/v1/journeys/summary?goal=won&outcome=won'),
    askFor<Stages>(server, '/v1/stages?subject=account'),
    askFor<Gaps>(server, '/v1/journeys/gaps?subject=account&min=30d&direction=inbound&open=true&limit=5'),
  ])
  return [
    `Won deals take ${shown(won.touches.mean)} touches, ${shown(won.channels.mean)} channels, ${shown(won.days.mean)} days (${won.n} deals).`,
    '',
    'Which channels bring them, in EUR by five models:',
    ...attributionTable(attribution),
    '',
    'How far accounts get:',
    ...stages.stages.map(
      ({ name, reached, current, droppedOff, time }) =>
        `  ${name.padEnd(12)} ${String(reached).padStart(3)} reached  ${String(current).padStart(3)} are there  ${String(droppedOff).padStart(3)} dropped off  ${shown(time.kaplanMeierMedianDays)} days in it (median)`,
    ),
    '',
    'Who has been silent longest:',
    ...gaps.rows.map(
      ({ subject, days, stage }) => `  ${subject.padEnd(24)} ${shown(days)} days, in ${stage ?? 'no stage'}`,
    ),
  ]
}

const shown = (value: number | null) =>
  value === null ? 'not yet known' : value.toLocaleString('en-US', { maximumFractionDigits: 1 })

const eurosOf = (value: readonly Money[]) => value.find(({ currency }) => currency === 'EUR')?.amount ?? 0

function attributionTable({ value, models: answers }: Attribution): string[] {
  const keys = [...new Set(answers.flatMap(({ rows }) => rows.map(({ key }) => key)))]
  const cell = (amount: number) =>
    amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 }).padStart(12)
  const line = (key: string, amounts: readonly number[]) => `  ${key.padEnd(16)}${amounts.map(cell).join('')}`
  const rows = keys.map((key) =>
    line(
      key,
      answers.map((answer) => eurosOf(answer.rows.find((row) => row.key === key)?.value ?? [])),
    ),
  )
  const sums = answers.map(({ rows: all, unattributed }) =>
    [...all, unattributed].reduce((sum, row) => sum + Math.round(eurosOf(row.value) * 1e6), 0),
  )
  for (const sum of sums)
    if (sum !== Math.round(eurosOf(value) * 1e6))
      throw new Error(`an attribution of ${sum / 1e6} EUR does not add up to ${eurosOf(value)} EUR`)
  return [
    `  ${''.padEnd(16)}${answers.map(({ model }) => model.padStart(12)).join('')}`,
    ...rows,
    line(
      'all',
      sums.map((sum) => sum / 1e6),
    ),
  ]
}

/** Addresses to go on from. */
export const placesToLook = [
  '/v1/attribution?goal=won&model=linear,markov&by=campaign',
  '/v1/icp?goal=won&lost=lost',
  '/v1/personas?goal=won&lost=lost',
  '/v1/paths?goal=won&depth=5',
  '/v1/metrics/lifecycle?by=quarter',
  '/v1/scores/lead/subjects',
  '/v1/people?sort=score',
]
