import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeFolder } from './make-folder.js'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'touchline-folder-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

test('a folder is made with all above it, for this user alone where that is asked', async () => {
  await makeFolder(join(dir, 'a/b/c'), 0o700)
  expect([modeOf(join(dir, 'a')), modeOf(join(dir, 'a/b')), modeOf(join(dir, 'a/b/c'))]).toEqual([
    '700',
    '700',
    '700',
  ])
})

test('one that is there stays as it is, by way of a link too', async () => {
  await makeFolder(join(dir, 'a'), 0o700)
  symlinkSync(join(dir, 'a'), join(dir, 'link'))
  await makeFolder(join(dir, 'a'), 0o755)
  await makeFolder(join(dir, 'link'))
  await makeFolder(join(dir, 'link', 'in'))
  expect(modeOf(join(dir, 'a'))).toBe('700')
  expect(statSync(join(dir, 'a/in')).isDirectory()).toBe(true)
})

test('many at once make one', async () => {
  await Promise.all(Array.from({ length: 30 }, () => makeFolder(join(dir, 'x/y/z'))))
  expect(statSync(join(dir, 'x/y/z')).isDirectory()).toBe(true)
})

test('where a file stands, below one, and below a link that leads nowhere, it says so', async () => {
  writeFileSync(join(dir, 'file'), '')
  symlinkSync(join(dir, 'nowhere'), join(dir, 'broken'))
  await expect(makeFolder(join(dir, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
  await expect(makeFolder(join(dir, 'file/in/it'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  await expect(makeFolder(join(dir, 'broken'))).rejects.toMatchObject({ code: 'EEXIST' })
  await expect(makeFolder(join(dir, 'broken/in/it'))).rejects.toMatchObject({ code: 'EEXIST' })
})

// Node's own recursive mkdir never ends there.
test.runIf(process.platform === 'linux')('in /proc, which takes no folder, it ends', async () => {
  await expect(makeFolder('/proc/touchline')).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(makeFolder('/proc/touchline/deeper/still')).rejects.toMatchObject({ code: 'ENOENT' })
})
