/** An output of a map that makes events → a function that writes the event of a row, as an SDK would send it. */
import type { EventOutput, ImportBody, MapTime, MapValue } from '@touchline/schemas/api'
import type { Cells } from '../reading/row.js'
import type { Columns, Json } from './columns.js'
import { keyText, type Output } from './mapped.js'
import { readTime, type TimeReader } from './times.js'
import {
  amountOf,
  digitsOf,
  noNumber,
  readConditions,
  readFields,
  readText,
  saysNothing,
  type ReadText,
} from './values.js'

export interface Compiling {
  body: ImportBody
  columns: Columns
  /** Every reader of times that was made. */
  times: TimeReader[]
}

interface CompilingEvent extends Compiling {
  messageId: (key: string) => string
}

const typeOf = { touch: 'track', page: 'page', identify: 'identify', group: 'group' } as const

export function compileEvent(output: EventOutput, compiling: CompilingEvent): Output {
  const { body, columns, times, messageId } = compiling
  const holds = readConditions(output.when, columns)
  const where = output.at ?? timeOfRow(body)
  const time = where === undefined ? undefined : readTime(where, columns, body.zone)
  // Who borrows a time shows it no second time.
  if (time !== undefined && output.at !== undefined) times.push(time)
  const isTimeNeeded = output.as === 'touch' || output.as === 'page'
  const own = output.key === undefined ? undefined : keyText(output.key, columns)
  const idsInto = compileIds(output, columns)
  const contextOf = compileContext(output, compiling)
  const partsInto = compileParts(output, compiling)
  const type = typeOf[output.as]
  return ({ cells }, key, into) => {
    if (!holds(cells)) return undefined
    const said = time?.read(cells)
    const isBad = typeof said === 'object'
    // A borrowed one is refused where it belongs to.
    if (isBad && output.at !== undefined) return said.problem
    const at = isBad ? undefined : said
    if (at === undefined && isTimeNeeded) return 'has no time'
    const ownKey = own?.(cells) ?? ''
    const event: Json = { type, messageId: messageId(ownKey === '' ? key : ownKey) }
    if (at !== undefined) event.timestamp = new Date(at).toISOString()
    idsInto(event, cells)
    event.context = contextOf(cells)
    const problem = partsInto(event, cells)
    if (problem !== undefined) return problem
    into.events.push(event)
    return undefined
  }
}

/** Who somebody is was known when the row's touch happened; without it the import would stand in their timeline. */
const timeOfRow = ({ rows }: ImportBody): MapTime | undefined => {
  for (const output of rows) {
    if (output.as === 'page') return output.at
    if (output.as === 'touch' && output.eachColumn === undefined) return output.at
  }
  return undefined
}

const optional = (value: MapValue | undefined, columns: Columns): ReadText | undefined =>
  value === undefined ? undefined : readText(value, columns)

function compileIds({ userId, anonymousId }: EventOutput, columns: Columns) {
  const user = optional(userId, columns)
  const anonymous = optional(anonymousId, columns)
  return (event: Json, cells: Cells): void => {
    const userText = user?.(cells) ?? ''
    const anonymousText = anonymous?.(cells) ?? ''
    if (userText !== '') event.userId = userText
    if (anonymousText !== '') event.anonymousId = anonymousText
  }
}

function compileContext(output: EventOutput, { body, columns }: Compiling): (cells: Cells) => Json {
  const isAbout = output.as === 'identify' || output.as === 'group'
  const email = isAbout && output.as === 'identify' ? undefined : optional(output.email, columns)
  const account = isAbout ? undefined : optional(output.account, columns)
  const session = optional(output.session, columns)
  const userAgent = optional(output.userAgent, columns)
  const page = readFields(output.page && defined(output.page), columns)
  const campaign = readFields(output.campaign && defined(output.campaign), columns)
  const channel = output.as === 'touch' ? optional(output.channel, columns) : undefined
  const fixed: Json = { source: body.source }
  if (output.as === 'touch') {
    if (output.kind !== undefined) fixed.kind = output.kind
    if (output.direction !== undefined) fixed.direction = output.direction
  }
  const put = (into: Json, name: string, text: string | undefined) => {
    if (text !== undefined && text !== '') into[name] = text
  }
  return (cells) => {
    const named = channel?.(cells) ?? ''
    const context: Json = { touchpoint: named === '' ? fixed : { ...fixed, channel: named } }
    const address = email?.(cells) ?? ''
    if (address !== '') context.traits = { email: address }
    put(context, 'groupId', account?.(cells))
    put(context, 'sessionId', session?.(cells))
    put(context, 'userAgent', userAgent?.(cells))
    const pageFields = page?.(cells)
    if (pageFields !== undefined && Object.keys(pageFields).length > 0) context.page = pageFields
    const campaignFields = campaign?.(cells)
    if (campaignFields !== undefined && Object.keys(campaignFields).length > 0)
      context.campaign = campaignFields
    return context
  }
}

const defined = (values: Readonly<Record<string, MapValue | undefined>>): Record<string, MapValue> =>
  Object.fromEntries(Object.entries(values).filter((one): one is [string, MapValue] => one[1] !== undefined))

type Parts = (event: Json, cells: Cells) => string | undefined

/** What the type has beyond ids, time and context. */
function compileParts(output: EventOutput, compiling: Compiling): Parts {
  const { columns } = compiling
  if (output.as === 'touch') return touchParts(output, compiling)
  if (output.as === 'page') {
    const name = optional(output.name, columns)
    const properties = readFields(output.properties, columns)
    return (event, cells) => {
      const named = name?.(cells) ?? ''
      if (named !== '') event.name = named
      event.properties = properties?.(cells) ?? {}
      return undefined
    }
  }
  const traits = readFields(output.traits, columns)
  if (output.as === 'identify') {
    const email = optional(output.email, columns)
    return (event, cells) => {
      const address = email?.(cells) ?? ''
      event.traits = { ...traits?.(cells), ...(address !== '' && { email: address }) }
      return undefined
    }
  }
  const account = readText(output.account, columns)
  return (event, cells) => {
    const id = account(cells)
    if (id === '') return 'names no account'
    event.groupId = id
    event.traits = traits?.(cells) ?? {}
    return undefined
  }
}

function touchParts(output: Extract<EventOutput, { as: 'touch' }>, { columns, body }: Compiling): Parts {
  const name = readText(output.name, columns)
  const properties = readFields(output.properties, columns)
  const value = optional(output.value, columns)
  const currency = optional(output.currency, columns)
  const decimal = output.decimal ?? body.decimal
  return (event, cells) => {
    const named = name(cells)
    if (named === '') return 'has no name for what happened'
    event.event = named
    const said: Json = { ...properties?.(cells) }
    const code = (currency?.(cells) ?? '').toUpperCase()
    const written = value?.(cells) ?? ''
    if (!saysNothing(written)) {
      const amount = amountIn(written, { decimal, unit: output.unit, currency: code })
      if (Number.isNaN(amount)) return noNumber(written, decimal)
      said.value = amount
    }
    if (code !== '') said.currency = code
    event.properties = said
    return undefined
  }
}

interface Writing {
  decimal: '.' | ','
  unit: 'minor' | 'micros' | undefined
  currency: string
}

/** In whole units of the currency; NaN for what is no number so written. */
export function amountIn(text: string, { decimal, unit, currency }: Writing): number {
  const amount = amountOf(text, decimal)
  if (unit === 'micros') return Math.round(amount) / 1e6
  return unit === 'minor' ? amount / 10 ** digitsOf(currency) : amount
}
