/** What the routes about segments and scores share: all rows at once as CSV or lines of JSON, subjects by any name. */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Subject } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import type { Reader } from '../../clickhouse/query.js'
import { isKnownAccount, readAccount } from '../../identity/account-people.js'
import { accountIdOf } from '../../timeline/identifiers.js'
import { readAccountTraits } from '../../timeline/traits.js'
import { accountNotFound, type TimelineDeps } from '../context.js'
import { csvFileName, isCsvWanted, toCsv } from '../csv.js'
import { knownPerson } from '../known-person.js'

type Format = 'json' | 'csv' | 'ndjson'

/** Undefined where JSON is wanted. */
export function rowsFormat(
  request: FastifyRequest,
  reply: FastifyReply,
  format: Format | undefined,
): 'csv' | 'ndjson' | undefined {
  void reply.header('vary', 'accept')
  if (format === 'ndjson') return 'ndjson'
  return isCsvWanted(format, request.raw) ? 'csv' : undefined
}

const rowsAtOnce = 20_000
const mostRows = 200_000

export interface AllRows<Cursor> {
  name: string
  columns: readonly string[]
  page: (limit: number, after: Cursor | undefined) => Promise<{ rows: object[]; next: Cursor | undefined }>
}

/** Streams page after page; the first is read before anything is answered, so that what is wrong is still an error. */
export async function sendAll<Cursor>(
  reply: FastifyReply,
  format: 'csv' | 'ndjson',
  { name, columns, page }: AllRows<Cursor>,
): Promise<FastifyReply> {
  const heads = columns.map((column) => ({ key: column, header: column }))
  const first = await page(rowsAtOnce, undefined)
  async function* lines() {
    let read = 0
    for (let current = first; ; current = await page(rowsAtOnce, current.next)) {
      const csv = () => toCsv(heads, current.rows)
      if (format === 'ndjson') yield current.rows.map((row) => `${JSON.stringify(row)}\n`).join('')
      // The header stands before the first page alone.
      else yield read === 0 ? csv() : csv().slice(csv().indexOf('\n') + 1)
      read += current.rows.length
      if (current.next === undefined || read >= mostRows) return
    }
  }
  if (format === 'csv')
    void reply.header('content-disposition', `attachment; filename="${csvFileName(name)}"`)
  return reply
    .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
    .send(Readable.from(lines()))
}

export interface SubjectAsked {
  person?: string | undefined
  account?: string | undefined
}

/** The id that is meant by any name; NOT_FOUND where nothing is known. */
export async function subjectAsked(
  reader: Reader,
  subject: Subject,
  { person, account }: SubjectAsked,
  deps: TimelineDeps,
): Promise<string> {
  const [asked, other] = subject === 'person' ? [person, account] : [account, person]
  if (asked === undefined || other !== undefined)
    throw new TouchlineError(
      'QUERY_INVALID',
      `${subject}: ${other === undefined ? 'is missing' : `is what it is about; it is not about ${subject === 'person' ? 'accounts' : 'persons'}`}`,
    )
  if (subject === 'person') return (await knownPerson(reader, asked, deps)).person.id
  const id = accountIdOf(asked)
  const [found, traits] = await Promise.all([readAccount(reader, id), readAccountTraits(reader, id)])
  if (!isKnownAccount(found) && traits.length === 0) throw await accountNotFound(id, deps)
  return id
}

export const toCursor = (value: readonly (string | number)[]) =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

const aKey = /^\d{1,20}$/
export const anId = /^[\w.:-]{1,100}$/

/** A number and the key of a subject, or what else `shape` asks for. */
export function fromCursor(cursor: string | undefined, shape = aKey): [number, string] | undefined {
  if (cursor === undefined) return undefined
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  const [, number, key] = /^\[(-?\d{1,20}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?),"([^"\\]*)"\]$/i.exec(text) ?? []
  if (number !== undefined && key !== undefined && shape.test(key)) return [Number(number), key]
  throw new TouchlineError('QUERY_INVALID', 'The cursor is not one that this server made.')
}
