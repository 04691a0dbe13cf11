import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort, until } from '../test-support/server.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

interface Started {
  output: string
  /** SIGTERM to it and all that it started; resolves when the last of them is gone. */
  stop(): Promise<void>
}

/** False where no process of the group is left. */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(group, name)
  } catch {
    return false
  }
}

async function npmStart(env: Record<string, string>): Promise<Started> {
  let output = ''
  // A group of its own, because npm runs a shell that runs node.
  const child: ChildProcess = spawn('npm', ['start', '--silent'], {
    cwd: root,
    env: { ...process.env, LOG_LEVEL: 'warn', ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const group = -(child.pid ?? 0)
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await until(() => (output.includes('HTTP API:') ? true : undefined), {
    what: 'npm start to say that it is ready',
    timeoutMs: 120_000,
    seen: () => output,
  })
  return {
    output,
    // npm and its shell are gone at once; the server first lets ClickHouse go, which still writes into the folder.
    stop: async () => {
      if (signal(group, 'SIGTERM'))
        await until(() => !signal(group, 0) || undefined, {
          what: 'the server to be gone',
          timeoutMs: 60_000,
        })
    },
  }
}

describe('npm start', () => {
  let dataDir: string
  let env: Record<string, string>
  let started: Started

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'touchline-start-'))
    env = { DATA_DIR: dataDir, PORT: String(await freePort()) }
    started = await npmStart(env)
  }, 180_000)

  afterAll(async () => {
    await started?.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  test('prints the address, the tag and the keys', async () => {
    const address = `http://127.0.0.1:${env.PORT}`
    const { writeKey, secretKey } = JSON.parse(await readFile(join(dataDir, 'keys.json'), 'utf8')) as Record<
      string,
      string
    >
    expect(started.output).toContain(address)
    expect(started.output).toMatch(/<script>[^\n]*identifyOrReset[^\n]*<\/script>\n/)
    expect(started.output).toContain(`src="${address}/t.js" data-key="${writeKey}"`)
    expect(started.output).toContain(secretKey)
  })

  test('prints commands that work as they stand, one after the other, on a server that holds nothing yet', async () => {
    const [send = 'false', ask = 'false', sql = 'false'] = started.output.match(/^ {2}curl .*$/gm) ?? []
    const answerOf = async (line: string) =>
      (await run('sh', ['-c', line.trim().replace('curl ', 'curl -sS ')])).stdout
    expect(JSON.parse(await answerOf(send))).toMatchObject({ success: true })
    const timeline = await until(
      async () => {
        const answer = await answerOf(ask)
        return answer.includes('Hello') ? answer : undefined
      },
      { what: 'the printed question to show the printed event' },
    )
    expect(JSON.parse(timeline)).toMatchObject({ person: { id: 'user:ada' }, summary: { touchpoints: 1 } })
    // The touchpoint is in its table a moment after the timeline tells it.
    await until(async () => (/user:ada.*Hello/.test(await answerOf(sql)) ? true : undefined), {
      what: 'the printed SQL to show the touchpoint',
    })
  })

  test('keeps its keys readable by the owner only', async () => {
    const { mode } = await stat(join(dataDir, 'keys.json'))
    expect(mode & 0o077).toBe(0)
  })

  test('started a second time has the same keys and data, and prints nothing secret again', async () => {
    const { secretKey = '', analystPassword = '' } = JSON.parse(
      await readFile(join(dataDir, 'keys.json'), 'utf8'),
    ) as Record<string, string>
    const sqlPort = (output: string) =>
      /(?:analyst:\S+@|-u analyst\S* )\S*?127\.0\.0\.1:(\d+)/.exec(output)?.[1]
    const before = sqlPort(started.output)
    await started.stop()
    started = await npmStart(env)
    // Saved connections of tools go on working.
    expect(before).toMatch(/^\d+$/)
    expect(sqlPort(started.output)).toBe(before)
    expect(started.output).not.toContain(secretKey)
    expect(started.output).not.toContain(analystPassword)
    expect(started.output).toContain(`${dataDir}/keys.json`)
    expect(started.output).toMatch(/^ {2}curl -u YOUR_SECRET_KEY: /m)
    const answer = await fetch(`http://127.0.0.1:${env.PORT}/v1/users/ada/timeline`, {
      headers: { authorization: `Bearer ${secretKey}` },
    })
    expect(answer.status).toBe(200)
  }, 180_000)
})

test('a setting that cannot be used stops the start with one line that names it', async () => {
  const outcome = await run('node', ['ingest-server/dist/main.js'], {
    cwd: root,
    env: { PATH: process.env.PATH, PORT: 'eighty' },
  }).catch((error: unknown) => error as { code: number; stderr: string })
  expect(outcome).toMatchObject({ code: 1 })
  expect(outcome.stderr.trim().split('\n')).toHaveLength(1)
  expect(outcome.stderr).toContain('PORT')
})
