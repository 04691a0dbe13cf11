/**
 * One statement that a person or an assistant wrote, asked as the SQL user of its project: ClickHouse decides what that user
 * may read (embedded/users-config.ts), here is only decided how much of the answer is taken.
 */
import { ClickHouseError, ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
import { TouchlineError } from '../errors.js'
import { parseExact } from '../exact-json.js'
import type { ClickHouse } from './clickhouse.js'
import { queryErrorOf } from './query-errors.js'
import { observerOf } from './query-observer.js'

export interface SqlAnswer {
  columns: { name: string; type: string }[]
  rows: unknown[][]
  hasMore: boolean
}

export interface ProjectSql {
  /** Throws QUERY_INVALID with what ClickHouse refuses, STORE_UNAVAILABLE, or OVERLOADED. */
  ask(project: string, statement: string, rows: number): Promise<SqlAnswer>
  close(): Promise<void>
}

/** The label of its log lines and metrics, whatever the statement. */
const name = 'project-sql'
/** Shorter than an analyst may wait: an assistant asks again, and people wait for it. */
const maxSeconds = 20
/** One row may hold a whole table (groupArray). */
const maxBytes = 1_048_576

export function openProjectSql(clickhouse: Pick<ClickHouse, 'reader' | 'sqlUserOf'>): ProjectSql {
  const clients = new Map<string, ClickHouseClient>()

  function clientOf(project: string): ClickHouseClient {
    // Asked each time: what was the only project may be one of two now.
    const account = clickhouse.sqlUserOf(project)
    if (account === undefined)
      throw new TouchlineError(
        'QUERY_INVALID',
        'This project has no SQL user here. The embedded ClickHouse makes one for each project when the server starts, so a ' +
          'project that is younger needs a restart; on a ClickHouse of your own (CLICKHOUSE_URL) its analyst serves where CLICKHOUSE_ANALYST_USER and ' +
          'ANALYST_PASSWORD name one and there is no other project. Ask with the other tools.',
      )
    const known = clients.get(project)
    if (known) return known
    const client = createClient({
      ...account,
      application: 'touchline',
      request_timeout: (maxSeconds + 5) * 1_000,
      keep_alive: { enabled: true, idle_socket_ttl: 2_000 },
      log: { level: ClickHouseLogLevel.OFF },
    })
    clients.set(project, client)
    return client
  }

  return {
    async ask(project, statement, rows) {
      const client = clientOf(project)
      const observation = observerOf(clickhouse.reader).begin(name)
      try {
        const { stream } = await client.exec({
          query: `${withoutFormat(statement)}\nFORMAT JSONCompactEachRowWithNamesAndTypes`,
          clickhouse_settings: {
            max_execution_time: maxSeconds,
            limit: String(rows + 1),
            date_time_output_format: 'iso',
            output_format_json_quote_64bit_integers: 0,
          },
        })
        const answer = toAnswer(await firstBytes(stream), rows)
        observation.done()
        return answer
      } catch (cause) {
        const error = refusalOf(cause)
        // What is wrong with a statement is told to whoever wrote it, and stays out of the log.
        if (error.code !== 'QUERY_INVALID') throw observation.failed(error)
        observation.done()
        throw error
      }
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()))
      clients.clear()
    },
  }
}

/** What ClickHouse says of the statement is for whoever wrote it; that it is away or busy is not about the statement. */
function refusalOf(cause: unknown): TouchlineError {
  const error = queryErrorOf(cause, name)
  const isAboutNow = error.code === 'STORE_UNAVAILABLE' || error.code === 'OVERLOADED'
  // Some refusals have no number: those that no code of ClickHouse's own throws.
  const isSaid = cause instanceof ClickHouseError || (cause instanceof Error && /^std::/.test(cause.message))
  return isAboutNow || !isSaid ? error : new TouchlineError('QUERY_INVALID', cause.message, { cause })
}

/** How an answer is written is decided here; people end a statement with a semicolon, and often name a format. */
const withoutFormat = (statement: string): string =>
  statement.replace(/(?:\s*;)+\s*$/, '').replace(/\s+FORMAT\s+\w+\s*$/i, '')

interface Taken {
  text: string
  isWhole: boolean
}

/** What is not taken is not computed either: ClickHouse stops a read whose connection ends. */
async function firstBytes(stream: AsyncIterable<Buffer>): Promise<Taken> {
  const chunks: Buffer[] = []
  const text = () => Buffer.concat(chunks).toString('utf8')
  let bytes = 0
  try {
    for await (const chunk of stream) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > maxBytes) return { text: text(), isWhole: false }
    }
  } catch (cause) {
    // A query that fails after its answer began says so at the end of it, and the connection breaks off.
    const [said] = /Code: \d+\. DB::Exception: [^\n]*/.exec(text().slice(-maxReasonChars)) ?? []
    throw said === undefined ? cause : new TouchlineError('QUERY_INVALID', said, { cause })
  }
  return { text: text(), isWhole: true }
}

const maxReasonChars = 16_384

function toAnswer({ text, isWhole }: Taken, most: number): SqlAnswer {
  const lines = text.split('\n')
  // After the last line break stands nothing, or a row that was cut.
  lines.pop()
  const [names = [], types = [], ...rows] = lines.map(lineOf)
  if (!isWhole && rows.length === 0)
    throw new TouchlineError(
      'QUERY_INVALID',
      'One row is larger than 1 MiB: select fewer or shorter columns.',
    )
  return {
    columns: names.map((name, place) => ({ name: String(name), type: String(types[place]) })),
    rows: rows.slice(0, most),
    hasMore: !isWhole || rows.length > most,
  }
}

/** ClickHouse answers 200 and may fail while it writes; then it says so where a row would stand. */
function lineOf(line: string): unknown[] {
  try {
    const row = parseExact(line)
    if (Array.isArray(row)) return row
  } catch {
    // Said below.
  }
  throw new TouchlineError('QUERY_INVALID', line.slice(0, 1_000))
}
