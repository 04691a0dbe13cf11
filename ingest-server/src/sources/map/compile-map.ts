/** A map and the columns of a file → a function from a row to what it becomes. Pure. */
import { hash } from 'node:crypto'
import type {
  AmbiguousTime,
  CostOutput,
  EventOutput,
  ImportBody,
  MapOutput,
  MapTime,
  MapValue,
} from '@touchline/schemas/api'
import { isExactNumber, stringifyExact } from '../../exact-json.js'
import { plainName, type FileForm, type Row } from '../reading/row.js'
import { boundedPattern, PatternTooSlow } from './bounded-pattern.js'
import { columnsOf, type Columns } from './columns.js'
import { compileCost } from './compile-cost.js'
import { compileEvent } from './compile-event.js'
import { keyText, separator, type Mapped, type Output } from './mapped.js'
import type { TimeReader } from './times.js'
import { readConditions } from './values.js'

export interface CompiledMap {
  map: (row: Row) => Mapped
  /** Times of the row that may be read in two ways. */
  ambiguous: (row: Row) => AmbiguousTime[]
}

export function compileMap(body: ImportBody, form: Pick<FileForm, 'format' | 'columns'>): CompiledMap {
  const columns = columnsOf(form)
  const holds = readConditions(body.when, columns)
  const keyOf = rowKey(body, columns, form)
  const times: TimeReader[] = []
  const outputs = body.rows
    .flatMap((output) => expanded(output, form.columns))
    .map((output, index): Output =>
      output.as === 'cost'
        ? compileCost(output, { body, columns, times })
        : compileEvent(output, { body, columns, times, messageId: idMaker(body, output, index) }),
    )
  return {
    ambiguous({ cells }) {
      const found = times.flatMap(({ ambiguous }) => ambiguous(cells) ?? [])
      // Several outputs may take their time from one column.
      return [...new Map(found.map((one) => [`${one.column} ${one.value}`, one])).values()]
    },
    map(row) {
      const mapped: Mapped = { events: [], costs: [], key: '' }
      const not = (problem: string) => ({ events: [], costs: [], key: mapped.key, problem })
      try {
        if (!holds(row.cells)) return mapped
        mapped.key = keyOf(row)
        for (const output of outputs) {
          const problem = output(row, mapped.key, mapped)
          if (problem !== undefined) return not(problem)
        }
        return mapped
      } catch (error) {
        if (error instanceof PatternTooSlow) return not(error.message)
        throw error
      }
    },
  }
}

/** An output that is told for each of several columns: one for each that the file has. */
function expanded(output: MapOutput, columns: readonly string[]): MapOutput[] {
  if (output.as !== 'touch' || output.eachColumn === undefined) return [output]
  const { eachColumn, at, name, ...rest } = output
  const find = boundedPattern(eachColumn, 'iu')
  return columns.flatMap((column): MapOutput[] => {
    const found = find(column)
    if (found === null) return []
    const time = typeof at === 'string' || Array.isArray(at) ? { column } : { ...at, column }
    const said = typeof name === 'object' && 'constant' in name ? String(name.constant) : '*'
    const when = [...(output.when ?? []), { column, op: 'filled' as const }]
    const id = `${output.id ?? 'each'}:${column}`
    return [{ ...rest, id, when, at: time, name: { constant: said.replace('*', found[1] ?? column) } }]
  })
}

/** The columns that name the row; where it has nothing there, and without any, all of it. */
function rowKey(
  { key }: ImportBody,
  columns: Columns,
  form: Pick<FileForm, 'format' | 'columns'>,
): (row: Row) => string {
  const whole = wholeRow(form)
  if (key === undefined) return whole
  const read = keyText(key, columns)
  return (row) => {
    const text = read(row.cells)
    return text === '' ? whole(row) : text
  }
}

/** All that a row says, in the order of its columns' names: the next export may have them in another one. */
function wholeRow({ format, columns }: Pick<FileForm, 'format' | 'columns'>): (row: Row) => string {
  if (format === 'ndjson') return ({ cells }) => stringifyExact(sorted(cells))
  const names = columns.map(plainName)
  const order = names
    .map((_, index) => index)
    .sort((a, b) => compare(names[a] ?? '', names[b] ?? '') || a - b)
  return ({ cells }) => order.map((index) => (cells as readonly string[])[index] ?? '').join(separator)
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return value
  if (Array.isArray(value)) return value.map(sorted)
  const members = Object.entries(value).sort(([a], [b]) => compare(a, b))
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]))
}

/** The same row of the same source has the same messageId, whenever it comes again. */
function idMaker({ source }: ImportBody, { id, as }: MapOutput, index: number): (key: string) => string {
  const head = `${source}${separator}${id ?? `${as}-${index}`}${separator}`
  return (key) => `${source}:${hash('sha256', head + key, 'base64url').slice(0, 27)}`
}

/** Every column that a map asks for, each with its alternatives: by these the header of a file is found. */
export function wantedColumns(body: ImportBody): string[][] {
  const wanted: string[][] = []
  const addNames = (names: string | readonly string[]) =>
    wanted.push((typeof names === 'string' ? [names] : [...names]).map((name) => name.replace(/#\/.*$/s, '')))
  const add = (value: MapValue | MapTime | undefined): void => {
    if (value === undefined) return
    if (typeof value === 'string' || Array.isArray(value)) addNames(value)
    else if ('column' in value) addNames(value.column)
    else if ('first' in value) for (const one of value.first) add(one)
    else if ('text' in value) for (const [, name = ''] of value.text.matchAll(/\{([^{}]+)\}/g)) addNames(name)
  }
  for (const output of body.rows) {
    if (output.as === 'touch' && output.eachColumn !== undefined) continue
    for (const value of valuesOf(output)) add(value)
    for (const { column } of output.when ?? []) addNames(column)
  }
  for (const { column } of body.when ?? []) addNames(column)
  if (body.key !== undefined) for (const name of [body.key].flat()) addNames(name)
  return wanted
}

function valuesOf(output: MapOutput): (MapValue | MapTime | undefined)[] {
  if (output.as === 'cost') return valuesOfCost(output)
  const { page, campaign, userId, anonymousId, email, account, at, session } = output
  const rest = Object.values<MapValue | undefined>({ ...page, ...campaign })
  const own = output.as === 'touch' ? [output.name, output.value, output.currency, output.channel] : []
  const fields = fieldsOf(output)
  return [userId, anonymousId, email, account, at, session, ...own, ...rest, ...fields]
}

function fieldsOf(output: EventOutput): MapValue[] {
  const fields = 'traits' in output ? output.traits : 'properties' in output ? output.properties : undefined
  return typeof fields === 'object' ? Object.values(fields) : []
}

const valuesOfCost = ({ day, channel, campaign, currency, amount, impressions, clicks }: CostOutput) => [
  day,
  channel,
  campaign,
  currency,
  amount,
  impressions,
  clicks,
]
