import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { maySend } from './key-binding.js'
import { addKey, addProject, changeProjectsFile, listKeys, revokeKey } from './key-ring.js'
import { newKey } from './new-key.js'
import type { ProjectOptions } from './project.js'
import { openProjects, type OpenedProjects } from './projects.js'
import { hashOfKey, readProjectsFile } from './projects-file.js'

const settings = { writeKey: 'wk_settings', secretKey: 'sk_settings' }
let dir: string
let file: string
let opened: OpenedProjects | undefined

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'touchline-projects-'))
  file = join(dir, 'projects.json')
})
afterEach(() => {
  opened?.close()
  rmSync(dir, { recursive: true, force: true })
})

function open(options: Partial<ProjectOptions> = {}): OpenedProjects {
  opened = openProjects({ defaultProject: settings, file, isOptional: true, rereadEveryMs: 5, ...options })
  return opened
}
const until = (holds: () => boolean) => vi.waitUntil(holds, { timeout: 5_000, interval: 5 })
const createdAt = '2026-01-01T00:00:00.000Z'

test('without a file the keys of the settings open the default project', () => {
  const projects = open()
  expect(projects.credentialOf('wk_settings')).toMatchObject({ kind: 'write', project: { id: 'default' } })
  expect(projects.credentialOf('sk_settings')).toMatchObject({ kind: 'secret', project: { id: 'default' } })
  expect(projects.credentialOf('sk_setting')).toBeUndefined()
  expect(existsSync(file)).toBe(false)
})

test('keys made, bound and revoked in the file count without a restart', async () => {
  const projects = open()
  const [writeKey, secretKey] = [newKey('write'), newKey('secret')]
  await changeProjectsFile(file, (entries) => addProject(entries, 'shop'))
  await changeProjectsFile(file, (entries) =>
    addKey(entries, {
      projectId: 'shop',
      kind: 'write',
      id: 'web',
      key: writeKey,
      createdAt,
      types: ['page'],
    }),
  )
  await changeProjectsFile(file, (entries) =>
    addKey(entries, { projectId: 'shop', kind: 'secret', id: 'crm', key: secretKey, createdAt }),
  )
  await until(() => projects.credentialOf(secretKey) !== undefined)
  expect(projects.credentialOf(writeKey)).toMatchObject({
    project: { id: 'shop', identify: 'open' },
    key: { id: 'web', types: ['page'] },
  })
  await changeProjectsFile(file, (entries) => revokeKey(entries, { projectId: 'shop', id: 'crm' }))
  await until(() => projects.credentialOf(secretKey) === undefined)
  expect(projects.credentialOf(writeKey)).toBeDefined()
})

test('a secret key is kept as its hash, in a file of its owner alone', async () => {
  const key = newKey('secret')
  await changeProjectsFile(file, (entries) =>
    addKey(entries, { projectId: 'default', kind: 'secret', id: 'bi', key, createdAt }),
  )
  expect(readFileSync(file, 'utf8')).not.toContain(key)
  expect(readFileSync(file, 'utf8')).toContain(hashOfKey(key))
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(JSON.stringify(listKeys(readProjectsFile(file)))).not.toContain(hashOfKey(key))
})

test('a key of the settings can be revoked too', async () => {
  const projects = open()
  await changeProjectsFile(file, (entries) =>
    revokeKey(entries, { projectId: 'default', id: '', hash: hashOfKey('sk_settings') }),
  )
  await until(() => projects.credentialOf('sk_settings') === undefined)
  expect(projects.credentialOf('wk_settings')).toBeDefined()
})

test('a key whose time has come opens nothing', () => {
  const ended = { id: 'old', key: 'wk_old_key', expiresAt: '2020-01-01T00:00:00Z' }
  const going = { id: 'new', key: 'wk_new_key', expiresAt: '2999-01-01T00:00:00Z' }
  writeFileSync(file, JSON.stringify([{ id: 'shop', writeKeys: [ended, going] }]))
  const projects = open()
  expect(projects.credentialOf('wk_old_key')).toBeUndefined()
  expect(projects.credentialOf('wk_new_key')).toBeDefined()
})

test.each([
  ['half written', '[{"id": "shop", "writeKeys": ["wk_sh'],
  ['nonsense', '[{"id": "shop", "writeKeys": [1]}]'],
])(
  'a file that is %s leaves the last good one in force, and an unknown key is not judged',
  async (_, bad) => {
    writeFileSync(file, JSON.stringify([{ id: 'shop', writeKeys: ['wk_shop_key'] }]))
    const projects = open()
    writeFileSync(file, bad)
    await until(() => projects.problem() !== undefined)
    expect(projects.credentialOf('wk_shop_key')).toMatchObject({ project: { id: 'shop' } })
    expect(() => projects.credentialOf('wk_unknown')).toThrow(
      expect.objectContaining({ code: 'KEYS_UNREADABLE' }),
    )
    expect(projects.problem()).not.toContain('wk_sh')
    writeFileSync(file, JSON.stringify([{ id: 'shop', writeKeys: ['wk_other_key'] }]))
    await until(() => projects.problem() === undefined)
    expect(projects.credentialOf('wk_shop_key')).toBeUndefined()
  },
)

test('a file that disappears leaves the last good one in force', async () => {
  writeFileSync(file, JSON.stringify([{ id: 'shop', writeKeys: ['wk_shop_key'] }]))
  const projects = open()
  rmSync(file)
  await until(() => projects.problem() !== undefined)
  expect(projects.credentialOf('wk_shop_key')).toBeDefined()
})

test('a bad file stops the start with one line that names the field and no value', () => {
  writeFileSync(file, JSON.stringify([{ id: 'shop', writeKeys: ['wk_shop_key'], origins: ['https://*'] }]))
  expect(() => open()).toThrow(/projects\.json 0\.origins\.0: an origin is/)
  writeFileSync(
    file,
    JSON.stringify([
      { id: 'a', writeKeys: ['wk_same_key'] },
      { id: 'b', writeKeys: ['wk_same_key'] },
    ]),
  )
  expect(() => open()).toThrow(/gives a write key of b to a as well/)
})

test('of changes made at once none is lost', async () => {
  await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      changeProjectsFile(file, (entries) =>
        addKey(entries, {
          projectId: 'default',
          kind: 'write',
          id: `k${index}`,
          key: newKey('write'),
          createdAt,
        }),
      ),
    ),
  )
  expect(
    listKeys(readProjectsFile(file))
      .map(({ id }) => id)
      .sort(),
  ).toEqual(Array.from({ length: 10 }, (_, index) => `k${index}`))
})

test('a bound key sends its types and names and no others', () => {
  const key = { id: 'web', types: ['page', 'track'] as const, events: ['Signed Up', 'Order *'] }
  expect(maySend({ key }, 'page', 'Anything')).toBe(true)
  expect(maySend({ key }, 'identify', '')).toBe(false)
  expect(maySend({ key }, 'track', 'Signed Up')).toBe(true)
  expect(maySend({ key }, 'track', 'Signed Upper')).toBe(false)
  expect(maySend({ key }, 'track', 'Order Paid')).toBe(true)
  expect(maySend({}, 'track', 'Whatever')).toBe(true)
})

test('keys are letters and digits, long enough, and never the same', () => {
  const keys = Array.from({ length: 200 }, () => newKey('secret'))
  expect(new Set(keys).size).toBe(200)
  for (const key of keys) expect(key).toMatch(/^sk_[0-9A-Za-z]{43}$/)
})

test('a file that an editor of Windows wrote, with a byte order mark, is read', () => {
  writeFileSync(file, `\uFEFF${JSON.stringify([{ id: 'shop', writeKeys: ['wk_shop_key'] }])}`)
  expect(open().credentialOf('wk_shop_key')).toMatchObject({ project: { id: 'shop' } })
})
