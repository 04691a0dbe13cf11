import type { AttributionAnswer, Meta } from '@touchline/schemas/api'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { get } from '../../api/client.js'
import { endpoint } from '../../api/endpoints.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useKey } from '../../frame/keys.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Channel, slotsOf } from '../../parts/channels.js'
import { Chart, type ChartLine } from '../../parts/chart.js'
import { downloadCsv } from '../../parts/csv.js'
import { Table, type Column } from '../../parts/table.js'
import { useZone } from '../../url/zone.js'
import { attributionParameters, type ChannelsQuery } from './queries.js'
import { unattributed } from './credit.js'
import { periodsOf, type Period, type Unit } from './periods.js'
import { words } from './words.js'

/** More lines than these are a tangle; what is left is one. */
const mostLines = 8
const atOnce = 4

interface Course {
  key: string
  unit: Unit
  periods: readonly Period[]
  answers: readonly AttributionAnswer[]
}

/** The credit of each key, period after period. */
export function OverTime({ meta, query }: { meta: Meta; query: ChannelsQuery }) {
  const t = useWords(words)
  const formats = useFormats()
  const { course, isOld, error, reload } = useCourse(meta, query)
  const lines = useMemo(() => (course === undefined ? [] : linesOf(course, t.others)), [course, t])
  const times = useMemo(() => course?.periods.map(({ from }) => from) ?? [], [course])
  useReady((course !== undefined && !isOld) || error !== undefined)
  useKey('e', () => course && saveCsv(query, times, lines))
  if (error !== undefined) return <ErrorPanel error={error} retry={reload} />
  if (course === undefined) return null
  const sums = course.periods.map((_period, at) =>
    lines.reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
  )
  const rows = times.map((at, index) => ({ at, index })).reverse()
  const columns: Column<(typeof rows)[number]>[] = [
    { id: 'at', title: t.period, cell: ({ at }) => formats.date(at) },
    {
      id: 'sum',
      title: t.conversions,
      is: 'number',
      cell: ({ index }) => formats.number(course.answers[index]?.conversions ?? 0),
    },
    ...lines.map(({ name, values }): Column<(typeof rows)[number]> => ({
      id: name,
      title: name === '' ? '–' : name,
      is: 'number',
      cell: ({ index }) =>
        values[index] ? formats.number(Math.round(values[index] * 100) / 100) : <span class="muted">–</span>,
    })),
  ]
  return (
    <div
      class={isOld ? 'is-old' : undefined}
      data-conversions={Math.round(sums.reduce((sum, one) => sum + one, 0))}
    >
      <p class="chart-legend" aria-hidden="true">
        {lines.map(({ name, slot }) => (
          <Channel key={name} name={name} slot={slot} />
        ))}
      </p>
      <Chart
        label={t.chart}
        times={times}
        lines={lines}
        tick={course.unit === 'day' || course.unit === 'week' ? 'day' : 'month'}
      />
      <p class="muted small">{t.timeNote(t[`unit.${course.unit}`])}</p>
      <Table caption={t.chart} isCaptionUnseen columns={columns} rows={rows} keyOf={({ at }) => at} />
    </div>
  )
}

function useCourse(meta: Meta, query: ChannelsQuery) {
  const { zone } = useZone()
  const [state, setState] = useState<{ course?: Course; error?: unknown }>({})
  const [asked, setAsked] = useState(0)
  const from = query.range.from ?? Date.parse(meta.events.first ?? meta.now)
  const to = query.range.to ?? Date.parse(meta.now)
  const minuteTo = Math.floor(to / 60_000)
  const key = JSON.stringify([
    query.goal,
    query.model,
    query.by,
    Math.floor(from / 60_000),
    minuteTo,
    zone,
    asked,
  ])
  useEffect(() => {
    const abort = new AbortController()
    const { unit, periods } = periodsOf({ from, to }, zone)
    inTurn(periods, (period) => answerOf(meta, query, period, abort.signal)).then(
      (answers) => abort.signal.aborted || setState({ course: { key, unit, periods, answers } }),
      (error: unknown) => abort.signal.aborted || setState((before) => ({ ...before, error })),
    )
    return () => abort.abort()
  }, [key])
  const isOld = state.course !== undefined && state.course.key !== key
  return { ...state, isOld, reload: () => setAsked((times) => times + 1) }
}

function answerOf(meta: Meta, query: ChannelsQuery, period: Period, signal: AbortSignal) {
  const range = { ...query.range, ...period }
  return get(
    endpoint<AttributionAnswer>(
      '/v1/attribution',
      attributionParameters({ ...query, range }, meta, [query.model]),
    ),
    signal,
  )
}

/** A few at once, so that other people's questions are answered too. */
async function inTurn<Item, Result>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Map<number, Result>()
  let next = 0
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at]
      if (item !== undefined) results.set(at, await ask(item))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return items.flatMap((_item, at) => {
    const result = results.get(at)
    return result === undefined ? [] : [result]
  })
}

export function linesOf({ answers }: Pick<Course, 'answers'>, others: string): ChartLine[] {
  const sums = new Map<string, number>()
  for (const { rows, unattributed: rest } of answers) {
    for (const row of rows) sums.set(row.key, (sums.get(row.key) ?? 0) + row.conversions)
    if (rest.conversions > 0) sums.set(unattributed, (sums.get(unattributed) ?? 0) + rest.conversions)
  }
  const keys = [...sums].sort((a, b) => b[1] - a[1]).map(([key]) => key)
  const own = keys.length > mostLines ? keys.slice(0, mostLines - 1) : keys
  const slots = slotsOf([...own, others])
  const creditOf = (answer: AttributionAnswer, key: string) =>
    answer.rows.find((row) => row.key === key)?.conversions ??
    (key === unattributed ? answer.unattributed.conversions : 0)
  const lines = own.map((key, index) => ({
    name: key,
    slot: slots[index] ?? 0,
    values: answers.map((answer) => creditOf(answer, key)),
  }))
  if (own.length === keys.length) return lines
  const rest = keys.slice(own.length)
  const values = answers.map((answer) => rest.reduce((sum, key) => sum + creditOf(answer, key), 0))
  return [...lines, { name: others, slot: slots[own.length] ?? 0, values }]
}

function saveCsv(query: ChannelsQuery, times: readonly number[], lines: readonly ChartLine[]): void {
  downloadCsv(
    `channels-over-time-${query.goal}`,
    ['from', ...lines.map(({ name }) => name)],
    times.map((at, index) => [new Date(at).toISOString(), ...lines.map(({ values }) => values[index] ?? 0)]),
  )
}
