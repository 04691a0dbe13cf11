/**
 * What the operating system lets the engine's process reach, tried without the engine: whatever a function, a format
 * or a setting of ClickHouse might do, these are its limits.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestClickHouse } from '../../../../test-support/clickhouse.js'

const confineFile = fileURLToPath(new URL('./confine.cjs', import.meta.url))
let dataDir: string
let engineFolder: string

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'touchline-confine-'))
  engineFolder = join(dataDir, 'engine')
  mkdirSync(engineFolder)
  writeFileSync(join(engineFolder, 'part'), 'rows')
  writeFileSync(join(dataDir, 'keys.json'), 'secret')
})
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

/** Confines a process as the engine is, runs `script` in a thread of the pool that the engine runs in too. */
function tryConfined(script: string, reach: { ports?: number[]; mayConnect?: boolean } = {}) {
  const { ports = [], mayConnect = false } = reach
  const confinement = { writable: [engineFolder], readable: [], ports, mayConnect }
  const code = `
    const fs = require('node:fs'), net = require('node:net'), { join } = require('node:path')
    const dataDir = ${JSON.stringify(dataDir)}
    const { checkConfined, confine } = require(${JSON.stringify(confineFile)})
    const unconfined = confine(${JSON.stringify(confinement)})
    if (unconfined !== undefined) { console.log('unconfined: ' + unconfined); process.exit() }
    checkConfined().then(() => { ${script} }).then((said) => said !== undefined && console.log(said), (error) => console.log(error.code ?? error.message))`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.trim()
}

const canConfine = process.platform === 'linux' && !tryBare().startsWith('unconfined')

function tryBare(): string {
  const code = `console.log('unconfined: ' + require(${JSON.stringify(confineFile)}).confine({ writable: [], readable: [], ports: [], mayConnect: false }))`
  const { stdout } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' })
  return stdout.trim() === 'unconfined: undefined' ? 'confined' : stdout.trim()
}

describe.runIf(canConfine)('a confined process', () => {
  test.each([
    ["fs.promises.readFile(join(dataDir, 'engine/part'), 'utf8')", 'rows'],
    ["fs.promises.writeFile(join(dataDir, 'engine/new'), 'x').then(() => 'written')", 'written'],
    ["fs.promises.readFile('/proc/self/statm').then(() => 'read')", 'read'],
  ])('reaches its own: %s', (script, said) => {
    expect(tryConfined(`return ${script}`)).toBe(said)
  })

  test.each([
    "fs.promises.readFile(join(dataDir, 'keys.json'), 'utf8')",
    "fs.promises.readFile(join(dataDir, 'engine/../keys.json'), 'utf8')",
    'fs.promises.readdir(dataDir)',
    "fs.promises.readFile('/etc/passwd')",
    "fs.promises.readFile('/proc/' + process.ppid + '/environ')",
    "fs.promises.readFile('/proc/self/root' + join(dataDir, 'keys.json'))",
    "fs.promises.writeFile(join(dataDir, 'x.proto'), 'x')",
    "fs.promises.writeFile('/tmp/touchline-outside', 'x')",
    "fs.promises.symlink(join(dataDir, 'keys.json'), join(dataDir, 'engine/way-out')).then(() => fs.promises.readFile(join(dataDir, 'engine/way-out')))",
    "fs.promises.link(join(dataDir, 'keys.json'), join(dataDir, 'engine/hard'))",
    "fs.promises.rename(join(dataDir, 'keys.json'), join(dataDir, 'engine/moved'))",
    'fs.promises.unlink(join(dataDir, "keys.json"))',
    "require('node:child_process').execFileSync('/bin/sh', ['-c', 'cat ' + join(dataDir, 'keys.json')])",
  ])('reaches nothing else: %s', (script) => {
    expect(tryConfined(`return ${script}`)).toMatch(/^(EACCES|EXDEV|EPERM)$/)
    expect(readdirSync(dataDir).sort()).toEqual(['engine', 'keys.json'])
    expect(readFileSync(join(dataDir, 'keys.json'), 'utf8')).toBe('secret')
  })

  test('connects nowhere, unless it has a cluster or Kafka to talk to', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const connecting = `return new Promise((resolve, reject) => net.connect(${port}, '127.0.0.1', () => { resolve('connected'); process.exitCode = 0 }).once('error', reject).unref())`
    expect(tryConfined(connecting)).toBe('EACCES')
    expect(tryConfined(connecting, { mayConnect: true })).toBe('connected')
    await new Promise((resolve) => server.close(resolve))
  })

  test('listens on no port but those it was given', () => {
    const listening = (port: number) =>
      `return new Promise((resolve, reject) => { const server = net.createServer().once('error', reject).listen(${port}, '127.0.0.1', () => server.close(() => resolve('listens'))) })`
    expect(tryConfined(listening(28_471), { ports: [28_472] })).toBe('EACCES')
    expect(tryConfined(listening(28_472), { ports: [28_472] })).toBe('listens')
  })

  test('every thread of the running engine that serves anybody is confined', async () => {
    const clickhouse = await startTestClickHouse()
    try {
      const tasks = `/proc/${clickhouse.embedded?.pid()}/task`
      const threads = readdirSync(tasks).map((id) => readFileSync(`${tasks}/${id}/status`, 'utf8'))
      const unconfined = threads.filter((status) => !/^NoNewPrivs:\t1$/m.test(status))
      // Node's own, made before any of our code ran: they compile and collect garbage, and run nothing of the engine.
      expect(unconfined.length).toBeLessThan(10)
      const names = [...new Set(unconfined.map((status) => /^Name:\t(.*)$/m.exec(status)?.[1]))]
      // From Node 24 on they have names of their own.
      const ofNode = ['node', 'DelayedTaskSche', 'V8Worker', 'SignalInspector']
      expect(names.filter((name) => name === undefined || !ofNode.includes(name))).toEqual([])
      expect(threads.length - unconfined.length).toBeGreaterThan(20)
    } finally {
      await clickhouse.close()
    }
  })
})

test.skipIf(canConfine)('a process that cannot be confined says why', () => {
  expect(tryBare()).toMatch(/^unconfined: (no )?Landlock/)
})
