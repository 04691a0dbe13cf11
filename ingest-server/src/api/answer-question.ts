/** What every question over journeys does with its answer: a tag, a table where one is wanted, the time it holds for. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Reader } from '../clickhouse/query.js'
import { lastLook, readWritten, type Written } from '../journeys/last-written.js'
import { readerFor, type TimelineDeps } from './context.js'
import { csvFileName, isCsvWanted, tableOf, toCsv, type CsvColumn } from './csv.js'
import { isUnchanged, keepsNothing } from './etag.js'

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
  /** About one account or person, and cheap: what was written is looked up beside the answer instead of before it. */
  isOfOne?: boolean
}

/**
 * Asks and answers: 304 where the client's tag is that of the answer, CSV where `csv` is given and wanted, else the body,
 * with `whoIsWho` where `asOf` is given. Undefined: it was answered here already.
 */
export async function answerQuestion<Body extends object>(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: TimelineDeps,
  { answer, csv, asOf, isOfOne = false }: Answering<Body>,
): Promise<(Body & { whoIsWho?: 'now' }) | undefined> {
  const now = deps.clock()
  const reader = readerFor(request, deps)
  const app = deps.cluster === undefined ? deps.clickhouse.app : undefined
  const question: Question<Body> = {
    look: () => readWritten(reader, app),
    ask: ({ definitionsStamp }) => answer({ ...reader, definitionsStamp }, now),
    isUnchanged: ({ stamp }) => isUnchanged(request, reply, { reader, stamp, now, asOf }),
  }
  keepsNothing(reply)
  const before = isOfOne && !('if-none-match' in request.headers) ? lastLook(reader.project, app) : undefined
  const body = before === undefined ? await askAfterwards(question) : await askBeside(question, before)
  if (body === undefined) return undefined
  if (csv === undefined || !isCsvWanted(csv.format, request.raw))
    return asOf === undefined ? body : { ...body, whoIsWho: 'now' }
  const found = csv.rows(body)
  const { columns, rows } = csv.columns ? { columns: csv.columns, rows: found } : tableOf(found)
  await reply
    .header('content-disposition', `attachment; filename="${csvFileName(csv.name)}"`)
    .type('text/csv; charset=utf-8; header=present')
    .send(toCsv(columns, rows))
  return undefined
}

interface Question<Body> {
  look: () => Promise<Written>
  ask: (written: Written) => Promise<Body>
  /** Gives the answer its tag. */
  isUnchanged: (written: Written) => Promise<boolean>
}

/** Undefined: the client has the answer already, and was told so. */
async function askAfterwards<Body>({ look, ask, isUnchanged }: Question<Body>): Promise<Body | undefined> {
  const written = await look()
  return (await isUnchanged(written)) ? undefined : ask(written)
}

/**
 * Asked by the definitions that were there `before`, and once more where they are others now. An answer made while other
 * things were written has no tag: nobody knows which of them are in it.
 */
async function askBeside<Body>(
  { look, ask, isUnchanged }: Question<Body>,
  before: Required<Written>,
): Promise<Body> {
  const early = ask(before)
  early.catch(() => undefined)
  const written = await look()
  const isSame = written.definitionsStamp === before.definitionsStamp
  if (!isSame || written.stamp === before.stamp) await isUnchanged(written)
  return isSame ? early : ask(written)
}
