/** A touch filter as a boolean expression over the columns of touchesOf (touches.ts). */
import type { PropertyFilter, Touch } from '@touchline/schemas/api'
import { asOfSql, openBag, type Bag, type Compiled } from './bag.js'
import { compareSql, globSql, isNegated, positive } from './compare.js'

export function compileTouch(touch: Touch, { prefix = 't' }: { prefix?: string } = {}): Compiled {
  const bag = openBag(prefix)
  return { sql: touchSql(touch, bag), params: bag.params }
}

/** Several over one set of parameters. */
export function compileTouches(
  touches: readonly Touch[],
  { prefix = 't' }: { prefix?: string } = {},
): { sql: string[]; params: Record<string, unknown> } {
  const bag = openBag(prefix)
  return { sql: touches.map((touch) => touchSql(touch, bag)), params: bag.params }
}

export function touchSql(touch: Touch, bag: Bag): string {
  const { kind, name, channel, source, medium, campaign, page, referrerHost, where, direction, verified } =
    touch
  const parts: string[] = []
  const equals = (column: string, value: string | undefined) => {
    if (value !== undefined) parts.push(`${column} = ${bag.text(value)}`)
  }
  equals('kind', kind)
  if (name !== undefined) parts.push(globSql('name', name, bag))
  equals('channel', channel)
  // As touchpoints/acquisition.ts stores them.
  equals('source', source?.trim().toLowerCase())
  equals('medium', medium?.trim().toLowerCase())
  equals('campaign', campaign)
  if (page !== undefined) parts.push(pageSql(page, bag))
  equals(
    'referrer_host',
    referrerHost
      ?.trim()
      .toLowerCase()
      .replace(/^www\./, ''),
  )
  equals('direction', direction)
  if (where !== undefined || verified) parts.push(eventsSql(touch, bag))
  return parts.length === 0 ? 'true' : `(${parts.join(' AND ')})`
}

/** The landing page or any other page of a visit; of other touches the page that they happened on. */
const pageSql = (page: string, bag: Bag) =>
  `(${pageMatches(page, 'path', bag)} OR arrayExists(one -> ${pageMatches(page, 'one', bag)}, paths))`

/**
 * One path against a pattern of host and path. A pattern that begins with `/` or with "any host" needs the path alone,
 * since no host has a slash.
 */
export function pageMatches(page: string, path: string, bag: Bag): string {
  const pattern = page.trim().replace(/^[a-z]+:\/\//i, '')
  if (pattern === '*') return `${path} != ''`
  const isPath = pattern.startsWith('/') || pattern.startsWith('*/')
  return `(${path} != '' AND ${globSql(isPath ? path : `concat(host, ${path})`, pattern, bag)})`
}

/**
 * Properties, and who vouches for them, stand in the event that told the touch: of several the one that is shown, which
 * is verified where any is. Only the first received copy of a message counts, so a copy that matches is not enough.
 */
function eventsSql({ name, kind, where = [], verified }: Touch, bag: Bag): string {
  const comparisons = where.map((filter: PropertyFilter) => {
    const raw = `JSONExtractRaw(properties, ${bag.text(filter.property)})`
    const sql = compareSql(raw, positive(filter), bag)
    return isNegated(filter) ? `NOT ${sql}` : sql
  })
  // A visit's name is not its event's; every other touch of that name has an event of that name.
  const isByName = name !== undefined && !name.includes('*')
  const named = isByName
    ? kind === undefined
      ? ` AND (name = ${bag.text(name)} OR type NOT IN ('track'))`
      : kind === 'action'
        ? ` AND name = ${bag.text(name)}`
        : ''
    : ''
  const holds = [...(verified ? ['verified'] : []), ...comparisons].join(' AND ')
  const events = `FROM events WHERE project = {project: String} AND occurred_at <= ${asOfSql}${named}`
  return `message_id IN (SELECT message_id ${events} AND message_id IN (SELECT message_id ${events} AND ${holds}) GROUP BY message_id HAVING argMin(${holds}, (received_at, batch_index)))`
}
