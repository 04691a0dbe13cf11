/** Values of a map → functions of a row. */
import type { MapCondition, MapValue } from '@touchline/schemas/api'
import { boundedPattern } from './bounded-pattern.js'
import { cellText, parsedOf, textOf, type Columns, type Json } from './columns.js'
import type { Cells } from '../reading/row.js'

/** The text that a row has there; empty where it has none. */
export type ReadText = (cells: Cells) => string
export type ReadValue = (cells: Cells) => unknown

const listOf = (names: string | readonly string[]) => (typeof names === 'string' ? [names] : names)

/** The first of the columns that says something. */
export function firstText(names: string | readonly string[], columns: Columns): ReadText {
  const getters = listOf(names).map((name) => columns.getter(name))
  const [only] = getters
  if (only !== undefined && getters.length === 1) return (cells) => textOf(only(cells))
  return (cells) => {
    for (const get of getters) {
      const text = textOf(get(cells))
      if (text !== '') return text
    }
    return ''
  }
}

export function readText(value: MapValue, columns: Columns): ReadText {
  if (typeof value === 'string' || Array.isArray(value)) return firstText(value, columns)
  if ('constant' in value) {
    const constant = String(value.constant)
    return () => constant
  }
  if ('text' in value) return template(value.text, columns)
  if ('first' in value) {
    const readers = value.first.map((one) => readText(one, columns))
    return (cells) => {
      for (const read of readers) {
        const text = read(cells)
        if (text !== '') return text
      }
      return ''
    }
  }
  const { prefix = '', split, pattern, values, otherwise, lower } = value
  const read = firstText(value.column, columns)
  const find = pattern === undefined ? undefined : boundedPattern(pattern, 'u')
  const meanings = values && new Map(Object.entries(values).map(([from, to]) => [from.toLowerCase(), to]))
  return (cells) => {
    let text = read(cells)
    if (split !== undefined) text = text.split(split, 1)[0]?.trim() ?? ''
    if (find) {
      const found = find(text)
      text = found?.[1] ?? found?.[0] ?? ''
    }
    if (meanings) text = meanings.get(text.toLowerCase()) ?? otherwise ?? text
    if (text === '') return ''
    return prefix + (lower === true ? text.toLowerCase() : text)
  }
}

const placeholder = /\{([^{}]+)\}/g

/** Empty where one of its columns is. */
function template(text: string, columns: Columns): ReadText {
  const parts: (string | ReadText)[] = []
  let end = 0
  for (const found of text.matchAll(placeholder)) {
    parts.push(text.slice(end, found.index), firstText(found[1] ?? '', columns))
    end = found.index + found[0].length
  }
  parts.push(text.slice(end))
  return (cells) => {
    let whole = ''
    for (const part of parts) {
      const said = typeof part === 'string' ? part : part(cells)
      if (said === '' && typeof part !== 'string') return ''
      whole += said
    }
    return whole.trim()
  }
}

/** As it stands there: of JSON with its type. */
function readValue(value: MapValue, columns: Columns): ReadValue {
  if (typeof value === 'string') {
    const get = columns.getter(value)
    return (cells) => {
      const found = get(cells)
      return typeof found === 'string' ? cellText(found) : found
    }
  }
  if (!Array.isArray(value) && 'constant' in value) return () => value.constant
  return readText(value, columns)
}

const isEmpty = (value: unknown) => value === undefined || value === null || value === ''

/** Properties or traits: what is empty is left out. */
export function readFields(
  fields: string | Readonly<Record<string, MapValue>> | undefined,
  columns: Columns,
): ((cells: Cells) => Json) | undefined {
  if (fields === undefined) return undefined
  if (typeof fields === 'string') {
    const get = fields === '*' ? columns.all : columns.getter(fields)
    return (cells) => {
      const found = get(cells)
      const object = typeof found === 'string' ? parsedOf(found) : found
      return typeof object === 'object' && object !== null && !Array.isArray(object)
        ? filled(object as Json)
        : {}
    }
  }
  const readers = Object.entries(fields).map(([name, value]) => ({ name, read: readValue(value, columns) }))
  return (cells) => {
    const found: Json = {}
    for (const { name, read } of readers) {
      const value = read(cells)
      if (!isEmpty(value)) found[name] = value
    }
    return found
  }
}

const filled = (object: Json): Json =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value)))

/** Whether every condition holds. */
export function readConditions(
  conditions: readonly MapCondition[] | undefined,
  columns: Columns,
): (cells: Cells) => boolean {
  const tests = (conditions ?? []).map((one) => readCondition(one, columns))
  return (cells) => tests.every((test) => test(cells))
}

function readCondition({ column, op, value }: MapCondition, columns: Columns): (cells: Cells) => boolean {
  const read = firstText(column, columns)
  const wanted = (Array.isArray(value) ? value : [value ?? '']).map((one) => String(one).toLowerCase())
  const [first = ''] = wanted
  const number = Number(first)
  const find = op === 'matches' || op === 'notMatches' ? boundedPattern(String(value), 'iu') : undefined
  const test = (text: string): boolean => {
    const lower = text.toLowerCase()
    switch (op) {
      case 'eq':
        return lower === first
      case 'ne':
        return lower !== first
      case 'in':
        return wanted.includes(lower)
      case 'notIn':
        return !wanted.includes(lower)
      case 'contains':
        return lower.includes(first)
      case 'startsWith':
        return lower.startsWith(first)
      case 'matches':
        return find !== undefined && find(text) !== null
      case 'notMatches':
        return find === undefined || find(text) === null
      case 'filled':
        return text !== ''
      case 'empty':
        return text === ''
      case 'gt':
        return text !== '' && Number(text) > number
      case 'lt':
        return text !== '' && Number(text) < number
    }
  }
  return (cells) => test(read(cells))
}

const amountShape = /^([-+(]?)((?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\)?(-?)$/i
/** `12,-`, as prices without cents are written. */
const noCents = /[.,](?:-{1,2}|–|—)$/
// The last group has three digits; those before two as well, as India writes them.
const groupedShape = { '.': /^\d{1,3}(?:,\d{2,3})*,\d{3}$/, ',': /^\d{1,3}(?:\.\d{2,3})*\.\d{3}$/ }

/**
 * `1,234.50`, `€ 1.234,50` (with `decimal` a comma), `(12.00)`; NaN for what is no number so written. Signs of currencies
 * and blanks do not count.
 */
export function amountOf(text: string, decimal: '.' | ','): number {
  const bare = text
    .replaceAll('\u2212', '-')
    .replace(/[\p{Sc}\s\u00a0\u202f'’]|^[A-Z]{3}|[A-Z]{3}$/gu, '')
    .replace(noCents, '')
  const thousands = decimal === '.' ? ',' : '.'
  const [whole = '', ...fraction] = bare.split(decimal)
  const digits = whole.replace(/^[-+(]|[-)]$/g, '')
  const plainWhole = groupedShape[decimal].test(digits) ? whole.replaceAll(thousands, '') : whole
  const plain = [plainWhole, ...fraction].join(decimal)
  if (fraction.length > 1 || plain.includes(thousands)) return Number.NaN
  const found = amountShape.exec(plain.replace(',', '.'))
  if (found === null) return Number.NaN
  const value = Number(found[2])
  if (!Number.isFinite(value)) return Number.NaN
  return found[1] === '-' || found[1] === '(' || found[3] === '-' ? -value : value
}

/** How people write that there is none. */
export const saysNothing = (text: string) => /^(?:-+|–|—|n\/a|#n\/a|null|none)?$/i.test(text)

/** Why a text is no amount, and what to do. */
export function noNumber(text: string, decimal: '.' | ','): string {
  const other = decimal === '.' ? ',' : '.'
  const sign = (one: string) => (one === '.' ? 'a point' : 'a comma')
  return Number.isNaN(amountOf(text, other))
    ? `${text.slice(0, 50)} is no number`
    : `${text.slice(0, 50)} is no number with ${sign(decimal)} as its decimal sign; with ${sign(other)} it is: the map may say "decimal": "${other}"`
}

const digits = new Map<string, number>()

/** How many digits the currency has behind its sign: 2 of EUR, 0 of JPY. */
export function digitsOf(currency: string): number {
  const known = digits.get(currency)
  if (known !== undefined) return known
  let found = 2
  try {
    found =
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ??
      2
  } catch {
    // No currency that anybody knows has other digits than most.
  }
  if (digits.size < 500) digits.set(currency, found)
  return found
}
