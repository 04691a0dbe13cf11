/**
 * Landing addresses of advertisements run to many thousands of characters, and SDKs write one up to four times
 * into an event. An event that is too large only by them is kept, with its addresses cut: scheme, host and path, and
 * of the parameters those that say where the visit came from.
 */
import { campaignPairs } from '../enrich/query.js'
import { isObject, type Json } from '../read/read-event.js'

/** Longer ones are cut; browsers and their logs hold 2,000 characters anywhere. */
const longAddress = 2_000
const longestPath = 1_000
const addressShape = /^(?:[a-z][a-z0-9+.-]*:\/\/|[?#/])/i
const addressParts = /^([^?#]*)(\?[^#]*)?(#.*)?$/s

export const shortenedWarning =
  'The event was over its limit by the length of its addresses; parameters that name no campaign were left out of them.'

/** The event with its long addresses cut, or undefined where it has none. Never changes what it was given. */
export function withShortAddresses(event: Json): Json | undefined {
  const context = isObject(event.context) ? event.context : undefined
  const page = shortened(context?.page)
  const own = shortened(context)
  const properties = shortened(event.properties)
  if (!page && !own && !properties) return undefined
  return {
    ...event,
    ...(properties ? { properties } : {}),
    ...(page || own ? { context: { ...(own ?? context), ...(page ? { page } : {}) } } : {}),
  }
}

/** The part with its own long addresses cut; undefined where there are none. */
function shortened(part: unknown): Json | undefined {
  if (!isObject(part)) return undefined
  const entries = Object.entries(part).filter(([, value]) => isLongAddress(value))
  if (entries.length === 0) return undefined
  return { ...part, ...Object.fromEntries(entries.map(([name, value]) => [name, cut(value as string)])) }
}

const isLongAddress = (value: unknown) =>
  typeof value === 'string' && value.length > longAddress && addressShape.test(value)

function cut(address: string): string {
  const [, path = '', search = '', hash = ''] = addressParts.exec(address) ?? []
  const pairs = campaignPairs(search, hash).slice(0, longAddress)
  return path.slice(0, longestPath) + (pairs === '' ? '' : `?${pairs}`)
}
