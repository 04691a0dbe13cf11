/** What holds for whole processes, with the built package: kills, exits, both module systems. */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Touchline } from '../src/index.js'
import { dist, run } from './support/run.js'
import { startSink, until, type Sink } from './support/sink.js'

let sink: Sink
let dir: string
beforeEach(async () => {
  sink = await startSink()
  dir = mkdtempSync(join(tmpdir(), 'touchline-node-'))
})
afterEach(async () => {
  await sink.stop()
  rmSync(dir, { recursive: true, force: true })
})

const numbers = () => sink.kept.map(({ properties }) => properties['n'] as number)

describe('SIGKILL with a spool', () => {
  it('loses no accepted event in 20 kills at any moment', async () => {
    const spoolDir = join(dir, 'spool')
    const acceptedFile = join(dir, 'accepted')
    const kills = 20
    for (let kill = 0; kill < kills; kill += 1) {
      // Half of the time the server takes events, a quarter it fails, a quarter it stores and never answers.
      sink.answerWith(({ body }) => {
        if (kill % 4 === 1) return { status: 503 }
        if (kill % 4 !== 3) return undefined
        sink.kept.push(...body.batch)
        return 'hang'
      })
      const before = acceptedBy(acceptedFile).length
      const stdout = openSync(acceptedFile, 'a')
      const script = fileURLToPath(new URL('support/spooling-child.mjs', import.meta.url))
      const child = spawn(process.execPath, [script, sink.url, spoolDir, String(kill * 1_000_000)], {
        stdio: ['ignore', stdout, 'inherit'],
      })
      closeSync(stdout)
      const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
      await until(() => acceptedBy(acceptedFile).length > before, 'the child to accept events')
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 80))
      child.kill('SIGKILL')
      expect(await ended).toBe('SIGKILL')
    }
    sink.answerWith(() => undefined)
    const sentBefore = new Set(numbers())
    const last = new Touchline({ writeKey: 'wk', host: sink.url, spool: spoolDir })
    expect(await last.close({ timeoutMs: 20_000 })).toMatchObject({ rejected: 0, dropped: 0, pending: 0 })
    const accepted = acceptedBy(acceptedFile)
    const kept = new Set(numbers())
    expect(accepted.length).toBeGreaterThan(1_000)
    expect(accepted.filter((n) => !kept.has(n))).toEqual([])
    // Some were left for the last start, or the test would not have tried the spool.
    expect(kept.size).toBeGreaterThan(sentBefore.size)
    // The same event comes with the same messageId, or the server could not recognise it.
    const pairs = new Set(
      sink.kept.map(({ messageId, properties }) => `${properties['n'] as number} ${messageId}`),
    )
    expect(pairs.size).toBe(kept.size)
    expect(readdirSync(spoolDir)).toEqual([])
  }, 60_000)
})

const acceptedBy = (file: string): number[] =>
  // The last line may be torn by the kill; its call returned, but nobody was told.
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1).map(Number) : []

const inModule = (body: string, options = '{}') =>
  run(`import { Touchline } from ${JSON.stringify(join(dist, 'index.js'))}
  const client = new Touchline({ writeKey: 'wk', host: '${sink.url}', ...${options} })
  ${body}`)

describe('a process', () => {
  it('ends by itself while a client exists and nothing waits', async () => {
    expect(await inModule('')).toEqual({ exit: 0, output: '' })
    const code = `client.track({ userId: 'u1', event: 'x' }); await client.flush(); console.log('flushed')`
    expect(await inModule(code)).toEqual({ exit: 0, output: 'flushed\n' })
    expect(await inModule('', JSON.stringify({ spool: join(dir, 'spool') }))).toEqual({ exit: 0, output: '' })
  })

  it('that runs to its end sends what waits, without being asked', async () => {
    const code = `for (let n = 0; n < 3000; n += 1) client.track({ userId: 'u1', event: 'x', properties: { n } })`
    expect(await inModule(code)).toEqual({ exit: 0, output: '' })
    expect(new Set(numbers()).size).toBe(3_000)
    expect(sink.kept).toHaveLength(3_000)
  })

  it.each([
    ['while events wait', ''],
    ['when nothing waits any more', 'await client.flush()'],
  ])('that runs to its end sends also what another beforeExit tracks %s', async (_when, flush) => {
    const code = `client.track({ userId: 'u1', event: 'x', properties: { n: 1 } })
      ${flush}
      process.once('beforeExit', () => client.track({ userId: 'u1', event: 'x', properties: { n: 2 } }))`
    expect(await inModule(code)).toEqual({ exit: 0, output: '' })
    expect(numbers().sort()).toEqual([1, 2])
  })

  it('can end while the server is gone, and says what was not sent', async () => {
    await sink.down()
    const code = `client.track({ userId: 'u1', event: 'x' })`
    const { exit, output } = await inModule(code, '{ flushTimeoutMs: 200, logger: console }')
    expect(exit).toBe(0)
    expect(output).toContain('the process ends with 1 events not confirmed')
  })

  it('with a spool leaves them to the next one', async () => {
    const spool = join(dir, 'spool')
    await sink.down()
    const code = `client.track({ userId: 'u1', event: 'x', properties: { n: 1 } })`
    expect((await inModule(code, JSON.stringify({ spool, flushTimeoutMs: 100 }))).exit).toBe(0)
    await sink.up()
    expect((await inModule('await client.flush()', JSON.stringify({ spool }))).exit).toBe(0)
    expect(numbers()).toEqual([1])
  })

  it('can use the package from ESM and from CommonJS', async () => {
    const check = `console.log(typeof t.Touchline, typeof t.touchlineContext, new t.TouchlineError('CLOSED').code)`
    const expected = { exit: 0, output: 'function function CLOSED\n' }
    expect(await run(`import * as t from ${JSON.stringify(join(dist, 'index.js'))}; ${check}`)).toEqual(
      expected,
    )
    const required = `const t = require(${JSON.stringify(join(dist, 'index.cjs'))}); ${check}`
    expect(await run(required, 'commonjs')).toEqual(expected)
  })
})

describe('the package', () => {
  const manifest = JSON.parse(readFileSync(join(dist, '../package.json'), 'utf8')) as Record<string, unknown>

  it('needs nothing else at run time, and its types neither', () => {
    expect(manifest.dependencies).toBeUndefined()
    for (const file of ['index.js', 'index.cjs', 'index.d.ts', 'index.d.cts']) {
      const imports = [
        ...readFileSync(join(dist, file), 'utf8').matchAll(/(?:from |require\()["']([^"']+)["']/g),
      ]
      expect(imports.map(([, name]) => name).filter((name) => !isBuiltIn(name ?? ''))).toEqual([])
    }
  })

  it('says its own version in the events', async () => {
    const client = new Touchline({ writeKey: 'wk', host: sink.url })
    client.track({ userId: 'u1', event: 'x' })
    await client.close()
    expect(sink.requests[0]?.body.context).toEqual({
      library: { name: '@touchline/node', version: manifest.version },
    })
  })
})

// tsup writes some of them without their prefix.
const isBuiltIn = (name: string) => process.getBuiltinModule(name) !== undefined
