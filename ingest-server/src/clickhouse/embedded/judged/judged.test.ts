/**
 * Whoever may ask in SQL reaches the rows that are theirs and nothing else: no file, no network, no setting, no other
 * project. The lists in this folder are compared with what the engine has, so a new engine's news are judged first.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventRow, insertRowsOf } from '../../../../../test-support/event-rows.js'
import { startTestClickHouse, type TestClickHouse } from '../../../../../test-support/clickhouse.js'
import { internalTables } from '../../project-tables.js'
import type { EmbeddedServer } from '../embedded-server.js'
import { judgedFunctions } from './functions.js'
import type { Judged } from './judged.js'
import { choosableSettings, judgedSettings } from './settings.js'
import { heldTableFunctions, judgedTableFunctions } from './table-functions.js'

const secret = 'sk_what_nobody_may_read'
const others = 'ann@other.test'

let clickhouse: TestClickHouse
let server: EmbeddedServer
let secretFile: string

beforeAll(async () => {
  clickhouse = await startTestClickHouse({ projects: ['acme', 'other'], tcpPort: 0 })
  if (clickhouse.embedded === undefined) throw new Error('The test server is not embedded.')
  server = clickhouse.embedded
  secretFile = join(clickhouse.dataDir, 'keys.json')
  writeFileSync(secretFile, secret)
  const at = '2026-03-01T10:00:00Z'
  await insertRowsOf(clickhouse.app, [
    ...Array.from({ length: 50 }, (_, index) =>
      eventRow({ at, project: 'acme', user_id: `u${index}`, subject: `user:u${index}` }),
    ),
    eventRow({ at, project: 'other', email: others, subject: `email:${others}` }),
  ])
})
afterAll(() => clickhouse.close())

interface Person {
  user: string
  password: string
}
const analyst = (): Person => ({ user: 'analyst', password: server.analystPassword })
const tenant = (): Person => server.projectUsers[0] ?? { user: '', password: '' }
const readers = (): Person[] => [{ user: 'reader', password: server.readerPassword }, analyst(), tenant()]

describe('what an engine brings is judged', () => {
  const lists: [string, string, Record<string, Judged>][] = [
    ['function', 'system.functions', judgedFunctions],
    ['table function', 'system.table_functions', judgedTableFunctions],
    ['setting', 'system.settings', judgedSettings],
  ]
  test.each(lists)('every %s stands in one list, with a reason', async (_what, table, judged) => {
    const names = Object.values(judged).flatMap((one) => one.names)
    const brought = await column(`SELECT DISTINCT name FROM ${table}`)
    expect(brought.length).toBeGreaterThan(80)
    expect(brought.filter((name) => !names.includes(name))).toEqual([])
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
    for (const { reason } of Object.values(judged)) expect(reason).toMatch(/^[A-Z].{20,}\.$/)
  })

  test('a name that nobody judged would be told', () => {
    const names = Object.values(judgedFunctions).flatMap((one) => one.names)
    expect(['readAnything', ...names].filter((name) => !names.includes(name))).toEqual(['readAnything'])
  })
})

describe('settings', () => {
  test('readers may choose what is listed, and nothing else', async () => {
    const limits = [
      ...['max_execution_time', 'max_memory_usage', 'max_memory_usage_for_user', 'max_result_rows'],
      ...['max_concurrent_queries_for_user', 'max_concurrent_queries_for_all_users', 'max_threads'],
    ]
    for (const person of readers()) {
      const answer = await ask(person, 'SELECT name FROM system.settings WHERE NOT readonly ORDER BY name')
      expect(answer.split('\n').sort(), person.user).toEqual([...choosableSettings, ...limits].sort())
    }
  })

  const held = [
    "format_template_resultset = '/etc/passwd'",
    "format_template_row = '/etc/passwd'",
    "format_schema = '/etc/passwd:Message'",
    "format_schema_source = 'string'",
    "output_format_schema = '/tmp/touchline-written.proto'",
    "input_format_record_errors_file_path = '/tmp/touchline-written'",
    "format_avro_schema_registry_url = 'http://127.0.0.1:1/'",
    'allow_experimental_ai_functions = 1',
    'allow_experimental_eval_table_function = 1',
    'allow_introspection_functions = 1',
    'enable_analyzer = 0',
    "compatibility = '21.8'",
    'add_http_cors_header = 1',
    "http_response_headers = {'Access-Control-Allow-Origin': '*'}",
    'function_sleep_max_microseconds_per_block = 600000000',
    'max_concurrent_queries_for_all_users = 64',
    'max_concurrent_queries_for_user = 64',
    "dialect = 'prql'",
    "workload = 'mine'",
    'priority = 1',
    'readonly = 0',
    'readonly = 2',
    "send_logs_level = 'trace'",
    'log_queries = 0',
    'dynamic_disk_allow_from_env = 1',
  ]
  test.each(held)('%s cannot be chosen, in a query, a request or a session', async (setting) => {
    const [name = '', value = ''] = setting.split(' = ')
    const refused = /READONLY|SETTING_CONSTRAINT_VIOLATION/
    for (const person of readers()) {
      expect(await ask(person, `SELECT 1 SETTINGS ${setting}`)).toMatch(refused)
      expect(await ask(person, `SET ${setting}`)).toMatch(refused)
      const inUrl = `&${name}=${encodeURIComponent(value.replace(/^'|'$/g, ''))}`
      expect(await ask(person, 'SELECT 1', inUrl)).toMatch(refused)
    }
  })

  test('no format writes a file, reads one or calls a server', async () => {
    let calls = 0
    const registry = createServer((_request, response) => {
      calls += 1
      response.end('{}')
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => registry.once('listening', resolve))
    const address = registry.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`
    const folder = join(clickhouse.dataDir, 'written')
    mkdirSync(folder)
    const formats = [
      `Protobuf SETTINGS output_format_schema = '${folder}/a.proto'`,
      `ProtobufSingle SETTINGS output_format_schema = '${folder}/b.proto', format_protobuf_use_autogenerated_schema = 1`,
      `CapnProto SETTINGS output_format_schema = '${folder}/c.capnp'`,
      `Template SETTINGS format_template_resultset = '${secretFile}'`,
      `Template SETTINGS format_template_row = '${secretFile}'`,
      `Protobuf SETTINGS format_schema = '${secretFile}:M'`,
      `AvroConfluent SETTINGS format_avro_schema_registry_url = '${url}', output_format_avro_confluent_subject = 's'`,
    ]
    for (const person of [...readers(), { user: 'app', password: server.appPassword }]) {
      for (const format of formats)
        expect(await ask(person, `SELECT 1 AS a FORMAT ${format}`), format).not.toContain(secret)
      expect(await ask(person, `SELECT 1 INTO OUTFILE '${folder}/d'`)).toMatch(/NOT_ALLOWED|SYNTAX/)
    }
    await new Promise((resolve) => registry.close(resolve))
    expect(readdirSync(folder)).toEqual([])
    expect(calls).toBe(0)
  })
})

describe('functions', () => {
  test.each([
    'file({path})',
    "file({path}, 'nothing')",
    'file({path}, NULL)',
    'file(materialize({path}))',
    "file(concat('/proc/self/root', {path}))",
    "file('/proc/self/cmdline')",
    "file('/proc/self/environ')",
    "file('keys.json')",
    "file('../keys.json')",
    'arrayMap(x -> file(x), [{path}])',
    '(SELECT file({path}))',
    'catboostEvaluate({path}, 1)',
  ])('%s reads nothing, for nobody', async (call) => {
    for (const person of [...readers(), { user: 'app', password: server.appPassword }]) {
      for (const path of [secretFile, '/etc/passwd', ...ownFiles()]) {
        const said = await ask(person, `SELECT ${call.replaceAll('{path}', `'${path}'`)}`)
        expect(said, path).toMatch(/exception/i)
        expect(said).not.toContain(secret)
        expect(said).not.toContain('root:')
      }
    }
  })

  test('no function of the engine gives a file, another project or the engine up', async () => {
    const pid = server.pid()
    const names = Object.values(judgedFunctions)
      .flatMap((one) => one.names)
      .filter((name) => !/^(sleep|sleepEachRow)$/.test(name))
    const path = `'${secretFile}'`
    const all = ['', path, `${path}, ${path}`, `'touchline', 'events', 'email'`, `1, ${path}, 2`]
    const questions = names.flatMap((name) => all.map((values) => `SELECT ${name}(${values})`))
    const leaking: string[] = []
    await inParallel(8, questions, async (question) => {
      const said = await ask(tenant(), question)
      if (said.replaceAll(secretFile, '').includes(secret) || said.includes(others)) leaking.push(question)
    })
    expect(leaking).toEqual([])
    expect(server.pid()).toBe(pid)
  }, 300_000)
})

describe('tables of other projects', () => {
  const around = [
    'SELECT * FROM {table}',
    'SELECT * FROM (SELECT * FROM {table})',
    'WITH a AS (SELECT * FROM {table}) SELECT * FROM a',
    'SELECT * FROM view(SELECT * FROM {table})',
    'SELECT * FROM numbers(1) AS n CROSS JOIN (SELECT * FROM {table}) AS t',
    "SELECT * FROM viewIfPermitted(SELECT * FROM {table} ELSE null('x String'))",
    'SELECT groupArray(tuple(*)) FROM {table} HAVING count() > 0',
  ]
  const ways = [
    "mergeTreeIndex('touchline', 'events')",
    'mergeTreeIndex(touchline, events, with_marks = true)',
    "mergeTreeIndex(currentDatabase(), 'traits')",
    "mergeTreeAnalyzeIndexes('touchline', 'events')",
    "mergeTreeProjection('touchline', 'events', 'p')",
    "merge('touchline', '^events$')",
    "merge('^ev')",
    "merge(REGEXP('.*'), '^events$')",
    'loop(touchline.events)',
    "dictionary('touchline.events')",
    "cluster('default', 'touchline.events')",
    "remote('127.0.0.1', 'touchline.events')",
    "prometheusQuery('touchline', 'events', 'up', 1)",
  ]
  test.each(ways)('are not reached by %s', async (table) => {
    for (const shape of around) {
      const said = await ask(tenant(), shape.replace('{table}', table))
      expect(said, shape).toMatch(/^$|exception/i)
      expect(said).not.toContain(others)
    }
  })

  test('every held table function has its filter, for everybody who reads', async () => {
    for (const { user } of [...readers(), server.projectUsers[1] ?? tenant()]) {
      const filtered = await column(
        `SELECT table FROM system.row_policies WHERE database = '_table_function' AND select_filter = '0' AND has(apply_to_list, '${user}')`,
      )
      expect(filtered.sort(), user).toEqual([...heldTableFunctions].sort())
    }
  })

  test('the lists of the engine tell a project neither sizes nor paths', async () => {
    const lists = await column(
      "SELECT name FROM system.tables WHERE database IN ('system', 'information_schema', 'INFORMATION_SCHEMA') ORDER BY database, name",
    )
    expect(lists.length).toBeGreaterThan(100)
    for (const table of lists.flatMap((name) => [`system.${name}`, `information_schema.${name}`])) {
      const said = await ask(tenant(), `SELECT * FROM ${table} LIMIT 20000 FORMAT JSONEachRow`)
      expect(said.includes(clickhouse.dataDir), table).toBe(false)
      expect(said, table).not.toContain(others)
    }
    const sizes = await ask(
      tenant(),
      "SELECT countIf(total_rows > 0 OR total_bytes > 0 OR data_paths != [] OR total_marks > 0) FROM system.tables WHERE database = 'touchline'",
    )
    expect(sizes).toBe('0')
    const columns =
      "SELECT sum(data_compressed_bytes + marks_bytes) FROM system.columns WHERE database = 'touchline'"
    expect(await ask(tenant(), columns)).toBe('0')
  })

  test('what a project does not see in a list it can still read and describe', async () => {
    expect(await ask(tenant(), 'SELECT count() FROM events FINAL')).toBe('50')
    expect(await ask(tenant(), 'DESCRIBE TABLE events')).toContain('message_id')
    expect((await ask(tenant(), 'SHOW TABLES')).split('\n')).toContain('persons')
  })

  test('the analyst sees what is told, and not what the server keeps for itself', async () => {
    const seen = (await ask(analyst(), 'SHOW TABLES')).split('\n')
    expect(seen).toEqual(expect.arrayContaining(['events', 'persons', 'touchpoints', 'identity_map']))
    expect(seen.filter((name) => internalTables.includes(name))).toEqual([])
    expect(await ask(analyst(), 'SELECT * FROM erasures')).toContain('ACCESS_DENIED')
  })
})

const ownFiles = () =>
  ['engine/status', 'engine/metadata/touchline.sql'].map((name) => join(clickhouse.dataDir, name))

async function inParallel<Item>(
  workers: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = [...items]
  const worker = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item)
  }
  await Promise.all(Array.from({ length: workers }, worker))
}

async function column(query: string): Promise<string[]> {
  const answer = await clickhouse.app.query({ query, format: 'JSONCompactEachRow' })
  return (await answer.json<[string]>()).map(([name]) => name)
}

async function ask({ user, password }: Person, query: string, more = ''): Promise<string> {
  const answer = await fetch(`${server.url}/?database=touchline${more}`, {
    method: 'POST',
    body: query,
    headers: { 'x-clickhouse-user': user, 'x-clickhouse-key': password },
  })
  return (await answer.text()).trim()
}
