/** An output of a map that makes costs → a function that writes the row of costs. */
import { costRow, type CostOutput, type MapValue } from '@touchline/schemas/api'
import type { Cells } from '../reading/row.js'
import { amountIn, type Compiling } from './compile-event.js'
import type { Output } from './mapped.js'
import { readTime } from './times.js'
import { amountOf, noNumber, readConditions, readText, saysNothing, type ReadText } from './values.js'

const volumes = ['impressions', 'clicks', 'engagements'] as const

export function compileCost(output: CostOutput, { body, columns, times }: Compiling): Output {
  const holds = readConditions(output.when, columns)
  // A day is a day: whatever zone it was counted in, it must not move.
  const day = readTime(output.day, columns)
  times.push(day)
  const text = (value: MapValue | undefined): ReadText =>
    value === undefined ? () => '' : readText(value, columns)
  const places = {
    channel: text(output.channel),
    source: text(output.source),
    medium: text(output.medium),
    campaign: text(output.campaign),
    currency: text(output.currency),
  }
  const amount = text(output.amount)
  const counts = volumes.flatMap((name) => {
    const value = output[name]
    return value === undefined ? [] : [{ name, read: readText(value, columns) }]
  })
  const decimal = output.decimal ?? body.decimal
  return ({ cells }, _key, into) => {
    if (!holds(cells)) return undefined
    const at = day.read(cells)
    if (at === undefined) return 'has no day'
    if (typeof at === 'object') return at.problem
    const said = Object.fromEntries(
      Object.entries(places).map(([name, read]) => [name, read(cells).slice(0, 200)]),
    )
    const currency = (said.currency ?? '').toUpperCase()
    const written = amount(cells)
    const spent = saysNothing(written) ? 0 : amountIn(written, { decimal, unit: output.unit, currency })
    if (Number.isNaN(spent)) return noNumber(written, decimal)
    const counted = countedOf(counts, cells, decimal)
    if (typeof counted === 'string') return counted
    const row = { ...said, ...counted, currency, day: new Date(at).toISOString().slice(0, 10), amount: spent }
    const checked = costRow.safeParse(row)
    if (!checked.success) {
      const [first] = checked.error.issues
      return `${first?.path.join('.') ?? ''}: ${first?.message ?? ''}`
    }
    into.costs.push(checked.data)
    return undefined
  }
}

function countedOf(
  counts: readonly { name: string; read: ReadText }[],
  cells: Cells,
  decimal: '.' | ',',
): Record<string, number> | string {
  const counted: Record<string, number> = {}
  for (const { name, read } of counts) {
    const text = read(cells)
    if (saysNothing(text)) continue
    const value = amountOf(text, decimal)
    if (!Number.isInteger(value)) return `${name}: ${text} is no whole number`
    counted[name] = value
  }
  return counted
}
