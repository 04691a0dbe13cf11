/** What every question over journeys does with its answer: a tag, a table where one is wanted, the time it holds for. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Reader } from '../../clickhouse/query.js'
import { readWritten } from '../../journeys/last-written.js'
import { readerFor, type TimelineDeps } from '../context.js'
import { csvFileName, isCsvWanted, toCsv, type CsvColumn } from '../csv.js'
import { isUnchanged } from './etag.js'

interface Answering<Body> {
  /** The question; not asked where the client has its answer. */
  answer: (reader: Reader, now: number) => Promise<Body>
  /** As a table: the name of the file, and the rows. */
  csv?: {
    name: string
    rows: (body: Body) => readonly object[]
    format: 'json' | 'csv' | undefined
    /** Absent: whatever the rows have. */
    columns?: readonly CsvColumn[]
  }
  asOf: number | undefined
}

export async function answerQuestion<Body extends object>(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: TimelineDeps,
  { answer, csv, asOf }: Answering<Body>,
): Promise<(Body & { whoIsWho?: 'now' }) | undefined> {
  const now = deps.clock()
  const asked = readerFor(request, deps)
  const app = deps.cluster === undefined ? deps.clickhouse.app : undefined
  const { stamp, definitionsStamp } = await readWritten(asked, app)
  const reader = { ...asked, definitionsStamp }
  if (await isUnchanged(request, reply, { reader, stamp, now, asOf })) return undefined
  const body = await answer(reader, now)
  if (csv === undefined || !isCsvWanted(csv.format, request.raw))
    return asOf === undefined ? body : { ...body, whoIsWho: 'now' }
  const rows = csv.columns ? csv.rows(body) : csv.rows(body).map(flat)
  const columns =
    csv.columns ?? [...new Set(rows.flatMap((row) => Object.keys(row)))].map((key) => ({ key, header: key }))
  await reply
    .header('content-disposition', `attachment; filename="${csvFileName(csv.name)}"`)
    .type('text/csv; charset=utf-8; header=present')
    .send(toCsv(columns, rows))
  return undefined
}

/** Money in a column a currency, groups of numbers in a column each; lists stay JSON. */
function flat(row: object): Record<string, unknown> {
  const columns: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row) as [string, unknown][]) {
    if (isMoney(value))
      for (const { currency, amount } of value) columns[`${name} ${currency ?? ''}`.trim()] = amount
    else if (typeof value === 'object' && value !== null && !Array.isArray(value))
      for (const [part, inner] of Object.entries(value)) columns[`${name} ${part}`] = inner
    else columns[name] = value
  }
  return columns
}

const isMoney = (value: unknown): value is { currency: string | null; amount: number | null }[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((one) => typeof one === 'object' && one !== null && 'currency' in one && 'amount' in one)
