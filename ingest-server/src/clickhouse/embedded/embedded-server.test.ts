import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  silentLogger,
  startTestClickHouse,
  type TestClickHouse,
} from '../../../../test-support/clickhouse.js'
import { insertLines } from '../insert-lines.js'
import { openClickHouse } from '../open-clickhouse.js'
import { analystTables, internalTables, projectTables, projectViews } from '../project-tables.js'
import type { EmbeddedServer } from './embedded-server.js'

let clickhouse: TestClickHouse
let server: EmbeddedServer

beforeAll(async () => {
  clickhouse = await startTestClickHouse({ projects: ['acme', "o'brien & sons"], tcpPort: 0 })
  if (clickhouse.embedded === undefined) throw new Error('The test server is not embedded.')
  server = clickhouse.embedded
  const rows = ['acme', 'other'].map((project) => ({
    project,
    subject: 'user:u1',
    message_id: `of-${project}`,
    type: 'track',
    name: 'Signed up',
    occurred_at: '2026-01-01T00:00:00.000Z',
    group_id: 'g',
    links: [
      {
        kind: 'claim',
        identifier: 'user:u1',
        other: 'anon:a1',
        verified: true,
        at: '2026-01-01T00:00:00.000Z',
      },
    ],
    person_traits: [{ name: 'n', value: '1' }],
    group_traits: [{ name: 'n', value: '1' }],
    memberships: [{ identifier: 'user:u1', account: 'g', left: false }],
  }))
  await insertLines(
    clickhouse.app,
    'events',
    Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')),
  )
  // As the upkeep would form them.
  const touchpoints = rows.map(({ project, message_id, occurred_at: at }) => {
    const key = { project, person: 'user:u1', at, touch: 1, version: 1, kind: 'action', name: 'Signed up' }
    return { ...key, accounts: ['g'], message_ids: [message_id], account: 'g' }
  })
  for (const table of ['touchpoints_of_people', 'touchpoints_of_accounts'])
    await insertLines(
      clickhouse.app,
      table,
      Buffer.from(touchpoints.map((row) => `${JSON.stringify(row)}\n`).join('')),
    )
})

afterAll(async () => {
  await clickhouse.close()
})

describe('users of the embedded server', () => {
  test('the app cannot shut the server down', async () => {
    expect(await ask('app', server.appPassword, 'SYSTEM SHUTDOWN')).toContain('ACCESS_DENIED')
  })

  test.each([
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM remote('127.0.0.1:1', 'touchline.events')",
    'SELECT * FROM system.users',
    'SELECT * FROM system.server_settings',
    'SELECT * FROM system.merge_tree_settings',
    "INSERT INTO events (project) VALUES ('x')",
    'CREATE TABLE mine (a Int8) ENGINE = Memory',
    'CREATE TEMPORARY TABLE mine (a Int8)',
    'DROP TABLE events',
    'TRUNCATE TABLE events',
    'ALTER TABLE events DELETE WHERE 1',
    'SYSTEM STOP MERGES events',
    'SELECT count() FROM events SETTINGS max_execution_time = 0',
    'SELECT count() FROM events SETTINGS max_memory_usage = 0',
    'SELECT count() FROM events SETTINGS max_result_rows = 0',
    'SELECT count() FROM events SETTINGS readonly = 0',
    'SELECT count() FROM events SETTINGS allow_ddl = 1',
  ])('people may only read: %s is refused', async (query) => {
    const users = [
      ['reader', server.readerPassword],
      ['analyst', server.analystPassword],
      ...server.projectUsers.map((one) => [one.user, one.password]),
    ] as const
    for (const [user, password] of users) {
      expect(await ask(user ?? '', password ?? '', query), user).toMatch(/^(Code: \d+\. DB|std)::exception/i)
    }
    expect(await ask('analyst', server.analystPassword, 'SELECT count() > 0 FROM events')).toBe('1')
  })

  test('tools may choose how results are written', async () => {
    const query = 'SELECT 1 AS a SETTINGS output_format_json_quote_64bit_integers = 1 FORMAT JSONEachRow'
    expect(await ask('analyst', server.analystPassword, query)).toBe('{"a":1}')
  })

  test('what dbt and the JDBC driver name with every query is no reason to refuse it, and lets nothing be written', async () => {
    const named =
      'SETTINGS async_insert = 0, mutations_sync = 3, alter_sync = 3, lightweight_deletes_sync = 3, insert_distributed_sync = 1'
    const users = [
      { user: 'analyst', password: server.analystPassword },
      { user: 'reader', password: server.readerPassword },
      ...server.projectUsers,
    ]
    for (const { user, password } of users) {
      expect(await ask(user, password, `SELECT 1 ${named}`), user).toBe('1')
      const writes = `INSERT INTO events (project) SETTINGS async_insert = 1, wait_for_async_insert = 0 VALUES ('x')`
      for (const write of [writes, `ALTER TABLE events DELETE WHERE 1 SETTINGS mutations_sync = 0`])
        expect(await ask(user, password, write), user).toMatch(/exception/i)
    }
  })

  test.each([
    "SELECT count() > 9 FROM system.tables WHERE database = 'touchline'",
    "SELECT count() > 99 FROM system.columns WHERE database = 'touchline'",
    "SELECT count() > 9 FROM information_schema.tables WHERE table_schema = 'touchline'",
    'SELECT count() > 99 FROM system.functions',
  ])('tools may look at what there is to read: %s', async (query) => {
    expect(await ask('analyst', server.analystPassword, query)).toBe('1')
  })

  test('a query that nobody waits for any longer is stopped', async () => {
    const running = "SELECT count() FROM system.processes WHERE user = 'analyst'"
    const impatient = new AbortController()
    const slow = 'SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1'
    const asked = fetch(`${server.url}/?query=${encodeURIComponent(slow)}`, {
      headers: { 'x-clickhouse-user': 'analyst', 'x-clickhouse-key': server.analystPassword },
      signal: impatient.signal,
    })
      .then((answer) => answer.text())
      .catch(() => 'aborted')
    await vi.waitUntil(async () => (await ask('app', server.appPassword, running)) === '1', {
      timeout: 10_000,
    })
    impatient.abort()
    expect(await asked).toBe('aborted')
    await vi.waitUntil(async () => (await ask('app', server.appPassword, running)) === '0', {
      timeout: 20_000,
    })
  })

  const sleeping = 'SELECT sleepEachRow(1) FROM numbers(40) SETTINGS max_block_size = 1'
  const computing =
    'SELECT max(cityHash64(number)) FROM numbers(1000000000000) SETTINGS max_execution_time = 30'
  test.each([
    ['the analyst and a project', ['analyst', 0]],
    ['two projects', [0, 1]],
    ['a project with a question that computes', [0], computing],
    ['everybody who asks in SQL', ['analyst', 0, 1]],
  ] as [string, ('analyst' | number)[], string?][])(
    'slots are left for the server itself when %s ask as much as they can',
    async (_who, users, question = sleeping) => {
      const passwordOf = (user: 'analyst' | number): [string, string] => {
        const project = typeof user === 'number' ? server.projectUsers[user] : undefined
        return project ? [project.user, project.password] : ['analyst', server.analystPassword]
      }
      const over = new AbortController()
      const asking = users.flatMap((user) =>
        Array.from({ length: 40 }, () =>
          askAt(server.url, ...passwordOf(user), question, over.signal).catch(() => 'aborted'),
        ),
      )
      const running = "SELECT count() FROM system.processes WHERE user NOT IN ('app', 'reader', '')"
      const count = async () => Number(await ask('app', server.appPassword, running))
      try {
        // As many as each may, while five times as many are asked; of all together the server's own are counted too.
        await vi.waitUntil(async () => (await count()) >= 8 * users.length - 3, { timeout: 30_000 })
        expect(await count()).toBeLessThanOrEqual(Math.min(24, 8 * users.length))
        const own = await Promise.all([
          ...Array.from({ length: 12 }, () => ask('app', server.appPassword, 'SELECT sleep(0.5)')),
          ...Array.from({ length: 8 }, () => ask('reader', server.readerPassword, 'SELECT sleep(0.5)')),
        ])
        expect(own.filter((answer) => answer !== '0')).toEqual([])
      } finally {
        over.abort()
      }
      const answers = await Promise.all(asking)
      expect(answers.some((answer) => answer.includes('TOO_MANY_SIMULTANEOUS_QUERIES'))).toBe(true)
      await vi.waitUntil(async () => (await count()) === 0, { timeout: 60_000 })
    },
  )

  test('a wrong password is refused', async () => {
    expect(await ask('app', 'guess', 'SELECT 1')).toContain('AUTHENTICATION_FAILED')
  })

  test('a project user sees its own rows, in every table', async () => {
    const [acme, odd] = server.projectUsers
    for (const table of [
      'events',
      'links',
      'traits',
      'account_traits',
      'memberships',
      'account_subjects',
      'touchpoints_of_people',
      'touchpoints_of_accounts',
    ]) {
      const query = `SELECT groupUniqArray(project) FROM ${table}`
      expect(
        await ask('analyst', server.analystPassword, `SELECT length(groupUniqArray(project)) FROM ${table}`),
      ).toBe('2')
      expect(await ask(acme?.user ?? '', acme?.password ?? '', query), table).toBe("['acme']")
      expect(await ask(odd?.user ?? '', odd?.password ?? '', query), table).toBe('[]')
    }
  })

  test('a project user cannot reach other rows through a view either', async () => {
    const [acme] = server.projectUsers
    const asAcme = (query: string) => ask(acme?.user ?? '', acme?.password ?? '', query)
    const theirs = (project: string) =>
      `SELECT count() > 0 FROM user_timeline(project = '${project}', id = 'u1')`
    expect(await asAcme('SELECT groupUniqArray(project) FROM touchpoints')).toBe("['acme']")
    expect(await asAcme(theirs('acme'))).toBe('1')
    expect(await asAcme(theirs('other'))).toBe('0')
    expect(await ask('analyst', server.analystPassword, theirs('other'))).toBe('1')
  })

  test('every table is for somebody: projects, analysts, or the server alone', async () => {
    const answer = await clickhouse.app.query({
      query: 'SELECT name FROM system.tables WHERE database = currentDatabase()',
      format: 'JSONEachRow',
    })
    const names = (await answer.json<{ name: string }>()).map(({ name }) => name)
    const lists = [...projectTables, ...projectViews, ...analystTables, ...internalTables]
    expect(names.filter((name) => !lists.includes(name))).toEqual([])
    expect(lists.filter((name, index) => lists.indexOf(name) !== index)).toEqual([])
  })

  test('what is granted to project users is filtered by project, and nothing else is granted', async () => {
    const [acme] = server.projectUsers
    const shown = await clickhouse.app.query({
      query: "SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'project'",
      format: 'JSONEachRow',
    })
    const tables = (await shown.json<{ table: string }>()).map((row) => row.table)
    expect(tables).toEqual(expect.arrayContaining([...projectTables]))
    const visible = await ask(acme?.user ?? '', acme?.password ?? '', 'SHOW TABLES')
    const allowed: readonly string[] = [...projectTables, ...projectViews]
    expect(visible.split('\n').filter((table) => !allowed.includes(table))).toEqual([])
  })
})

describe('the process of the embedded server', () => {
  test('killed, it is started again at the same address with the same data, and readiness says so', async () => {
    const { httpPort } = server
    const before = server.restarts()
    process.kill(server.pid() ?? 0, 'SIGKILL')
    await vi.waitUntil(() => !clickhouse.isReady(), { timeout: 10_000, interval: 1 })
    await vi.waitUntil(() => clickhouse.isReady(), { timeout: 20_000 })
    expect(server.restarts()).toBe(before + 1)
    expect(server.httpPort).toBe(httpPort)
    expect(await ask('analyst', server.analystPassword, 'SELECT uniqExact(message_id) FROM events')).toBe('2')
  })

  test('frozen, it is not ready, and thawed it is ready again', async () => {
    const pid = server.pid() ?? 0
    process.kill(pid, 'SIGSTOP')
    try {
      await vi.waitUntil(() => !clickhouse.isReady(), { timeout: 20_000 })
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await vi.waitUntil(() => clickhouse.isReady(), { timeout: 20_000 })
    expect(server.pid()).toBe(pid)
  })

  test('frozen for good, it is found out, ended and started again, with the same data', async () => {
    await withFolder(async (dataDir) => {
      const hasty = { answerWithinMs: 1_000, missedAnswers: 3 }
      const frozen = await openClickHouse({ logger: silentLogger, dataDir, patience: hasty })
      try {
        await frozen.app.command({ query: 'CREATE TABLE kept (a Int8) ENGINE = MergeTree ORDER BY a' })
        await frozen.app.command({ query: 'INSERT INTO kept VALUES (7)' })
        for (const round of [1, 2]) {
          const pid = frozen.embedded?.pid() ?? 0
          process.kill(pid, 'SIGSTOP')
          await vi.waitUntil(() => frozen.embedded?.restarts() === round, { timeout: 60_000 })
          await vi.waitUntil(() => frozen.isReady(), { timeout: 60_000 })
          expect(isAlive(pid)).toBe(false)
          expect(frozen.embedded?.pid()).not.toBe(pid)
          const answer = await frozen.app.query({ query: 'SELECT a FROM kept', format: 'JSONEachRow' })
          expect(await answer.json()).toEqual([{ a: 7 }])
        }
      } finally {
        await frozen.close()
      }
    })
  })

  test.runIf(existsSync('/proc/self/stat'))(
    'frozen while it starts, or starts again, it is found out too',
    async () => {
      await withFolder(async (dataDir) => {
        const hasty = { answerWithinMs: 500, missedAnswers: 3 }
        const frozen: number[] = []
        /** Freezes the next child that is seen, before it can answer anybody. */
        const freezeNext = () =>
          vi.waitUntil(
            () => {
              const pid = enginesIn(dataDir).find((one) => !frozen.includes(one))
              if (pid === undefined) return false
              process.kill(pid, 'SIGSTOP')
              frozen.push(pid)
              return true
            },
            { timeout: 20_000, interval: 5 },
          )
        const opening = openClickHouse({ logger: silentLogger, dataDir, patience: hasty })
        await freezeNext()
        const opened = await opening
        try {
          expect(isAlive(frozen[0] ?? 0)).toBe(false)
          const second = opened.embedded?.pid() ?? 0
          frozen.push(second)
          process.kill(second, 'SIGKILL')
          await freezeNext()
          await vi.waitUntil(() => opened.isReady(), { timeout: 60_000 })
          expect(frozen.some(isAlive)).toBe(false)
        } finally {
          await opened.close()
        }
      })
    },
    120_000,
  )

  test('busy, it is left alone: a full house of queries is no silence', async () => {
    await withFolder(async (dataDir) => {
      const hasty = { answerWithinMs: 1_000, missedAnswers: 3 }
      const busy = await openClickHouse({ logger: silentLogger, dataDir, patience: hasty })
      try {
        const pid = busy.embedded?.pid()
        const slow = 'SELECT sleepEachRow(1) FROM numbers(6) SETTINGS max_block_size = 1 FORMAT Null'
        await Promise.allSettled(Array.from({ length: 80 }, () => busy.app.command({ query: slow })))
        expect(busy.embedded?.pid()).toBe(pid)
        expect(busy.embedded?.restarts()).toBe(0)
      } finally {
        await busy.close()
      }
    })
  })

  test('a second process on the same folder is told so', async () => {
    const second = openClickHouse({ logger: silentLogger, dataDir: clickhouse.dataDir, lockWaitMs: 200 })
    await expect(second).rejects.toThrow(/Another process runs ClickHouse in .*DATA_DIR/)
    process.kill(server.pid() ?? 0, 'SIGKILL')
    await answering('analyst', server.analystPassword)
  })

  test('a port that is taken is named', async () => {
    const second = withFolder((dataDir) =>
      openClickHouse({ logger: silentLogger, dataDir, httpPort: server.httpPort, lockWaitMs: 200 }),
    )
    await expect(second).rejects.toThrow(
      new RegExp(`:${server.httpPort} is taken.*CLICKHOUSE_HTTP_PORT`, 's'),
    )
  })

  test('it ends with its parent, and the next parent starts on the same folder at once', async () => {
    await withFolder(async (dataDir) => {
      const first = await holdInAnotherProcess(dataDir)
      first.holder.kill('SIGKILL')
      const next = await openClickHouse({ logger: silentLogger, dataDir })
      await vi.waitUntil(() => !isAlive(first.childPid), { timeout: 10_000 })
      await next.close()
    })
  })

  test('it ends with its parent also while a query runs', async () => {
    await withFolder(async (dataDir) => {
      const { holder, childPid, url, password } = await holdInAnotherProcess(dataDir)
      const slow = fetch(
        `${url}/?query=${encodeURIComponent('SELECT sleepEachRow(1) FROM numbers(100) SETTINGS max_block_size = 1')}`,
        {
          headers: { 'x-clickhouse-user': 'app', 'x-clickhouse-key': password },
        },
      ).then((answer) => answer.text())
      const running = 'SELECT count() FROM system.processes'
      await vi.waitUntil(async () => Number(await askAt(url, 'app', password, running)) > 1)
      holder.kill('SIGKILL')
      await expect(slow).rejects.toThrow()
      await vi.waitUntil(() => !isAlive(childPid), { timeout: 10_000 })
    })
  })
})

/** Runs an embedded server in a process of its own, so that the parent can be killed. */
async function holdInAnotherProcess(dataDir: string) {
  const script = fileURLToPath(
    new URL('../../../../test-support/processes/hold-clickhouse.ts', import.meta.url),
  )
  const holder = spawn(process.execPath, ['--import', 'tsx', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(holder.stdout, 'data')) as [Buffer]
  const said = JSON.parse(line.toString()) as { childPid: number; url: string; password: string }
  return { holder, ...said }
}

/** Processes whose command names the folder. */
function enginesIn(dataDir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dataDir)
      } catch {
        // It ended meanwhile.
        return false
      }
    })
    .map(Number)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function withFolder<T>(work: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'touchline-engine-'))
  try {
    return await work(dataDir)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function answering(user: string, password: string): Promise<void> {
  await vi.waitUntil(
    () =>
      ask(user, password, 'SELECT 1')
        .then((text) => text === '1')
        .catch(() => false),
    {
      timeout: 20_000,
    },
  )
}

const ask = (user: string, password: string, query: string) => askAt(server.url, user, password, query)

async function askAt(
  url: string,
  user: string,
  password: string,
  query: string,
  signal?: AbortSignal,
): Promise<string> {
  const answer = await fetch(`${url}/?database=touchline`, {
    method: 'POST',
    body: query,
    headers: { 'x-clickhouse-user': user, 'x-clickhouse-key': password },
    ...(signal && { signal }),
  })
  return (await answer.text()).trim()
}
