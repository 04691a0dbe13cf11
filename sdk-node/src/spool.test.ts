import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contentsOf, openSpool, type Spool, type SpoolFile } from './spool.js'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'touchline-spool-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const ours = '0123456789ab'
const theirs = 'ba9876543210'
const open = (maxBytes = 1e6, target = ours) => openSpool({ dir, target, maxBytes, fsync: false })
function fileWith(spool: Spool, ...jsons: string[]): SpoolFile {
  const file = spool.create()
  for (const json of jsons) spool.append(file, json)
  spool.seal(file)
  return file
}
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.events'))

describe('the spool', () => {
  it('reads back what was written, until it is removed', async () => {
    const spool = open()
    const file = fileWith(spool, '{"n":1}', '{"n":"ü\\n"}')
    expect(await spool.read(file)).toEqual({ events: ['{"n":1}', '{"n":"ü\\n"}'], damaged: 0 })
    spool.remove(file)
    expect(filesIn(dir)).toEqual([])
    spool.close()
    expect(readdirSync(dir)).toEqual([])
  })

  it('does not see a last record that was torn in the middle, wherever that is', () => {
    const spool = open()
    const whole = readFileSync(fileWith(spool, '{"n":1}', '{"n":2}').path)
    const second = whole.length / 2
    for (let cut = second; cut < whole.length; cut += 1) {
      expect(contentsOf(whole.subarray(0, cut))).toEqual({ events: ['{"n":1}'], damaged: 0 })
    }
    expect(contentsOf(whole).events).toHaveLength(2)
  })

  it('reports a record whose bytes changed, and keeps its neighbours', () => {
    const spool = open()
    const content = readFileSync(fileWith(spool, '{"n":1}', '{"n":2}', '{"n":3}').path)
    for (let at = content.length / 3; at < (content.length / 3) * 2 - 1; at += 1) {
      const changed = Buffer.from(content)
      changed[at] = 0x78
      expect(contentsOf(changed)).toEqual({ events: ['{"n":1}', '{"n":3}'], damaged: 1 })
    }
  })

  it('has room for no more than its limit, and for more again after a removal', () => {
    const spool = open(100)
    const json = JSON.stringify('x'.repeat(60))
    expect(spool.hasRoomFor(json.length)).toBe(true)
    const file = fileWith(spool, json)
    expect(spool.hasRoomFor(json.length)).toBe(false)
    spool.remove(file)
    expect(spool.hasRoomFor(json.length)).toBe(true)
  })

  it('gives the files of an owner that closed to exactly one other, in the order of acceptance', async () => {
    const first = open()
    fileWith(first, '1')
    fileWith(first, '2')
    const second = open()
    const third = open()
    expect(second.adopt()).toEqual([])
    first.close()
    const adopted = [...second.adopt(), ...third.adopt()]
    const events = await Promise.all(adopted.map(async (file) => (await second.read(file)).events))
    expect(events.flat()).toEqual(['1', '2'])
  })

  const abandonedFolder = (name: string, touchedMsAgo = 0) => {
    mkdirSync(join(dir, name))
    writeFileSync(join(dir, name, '1-x-00000001.events'), '')
    const touched = new Date(Date.now() - touchedMsAgo)
    utimesSync(join(dir, name), touched, touched)
  }
  it('leaves alone the folder of another machine while that one touches it', () => {
    abandonedFolder(`1-1-0-0badf00d-aaaaaaaa-${ours}`, 5_000)
    const spool = open()
    expect(spool.adopt()).toEqual([])
    abandonedFolder(`1-1-0-0badf00d-bbbbbbbb-${ours}`, 600_000)
    expect(spool.adopt()).toHaveLength(1)
  })

  it('leaves alone what was meant for another server or project, and counts it', async () => {
    const other = open(1e6, theirs)
    fileWith(other, '"theirs"')
    const running = open(1e6, theirs)
    fileWith(running, '"of a process that lives"')
    const first = open()
    fileWith(first, '"ours"')
    other.close()
    first.close()
    const second = open()
    const adopted = second.adopt()
    expect(await Promise.all(adopted.map(async (file) => (await second.read(file)).events))).toEqual([
      ['"ours"'],
    ])
    expect(second.foreignFiles()).toBe(1)
    const third = open(1e6, theirs)
    expect(third.adopt()).toHaveLength(1)
    expect(second.foreignFiles()).toBe(0)
  })

  it('leaves alone a folder that does not say for whom it is', () => {
    abandonedFolder('1-1-0-0badf00d-cccccccc', 600_000)
    const spool = open()
    expect(spool.adopt()).toEqual([])
    expect(spool.foreignFiles()).toBe(1)
  })

  it('is not misled by strange files in its folder', () => {
    appendFileSync(join(dir, 'README'), 'hello')
    mkdirSync(join(dir, 'lost+found'))
    abandonedFolder('my-own-folder-of-events', 600_000)
    expect(open().adopt()).toEqual([])
    expect(readdirSync(dir)).toContain('my-own-folder-of-events')
  })

  it('makes its folder anew should somebody have removed it', async () => {
    const spool = open()
    for (const name of readdirSync(dir)) rmSync(join(dir, name), { recursive: true })
    expect((await spool.read(fileWith(spool, '1'))).events).toEqual(['1'])
  })
})
