import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
// @ts-expect-error A script without types.
import { isInstalled as untyped } from './install.mjs'

const isInstalled = untyped as (folder: string) => Promise<boolean>
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-install-'))
  const named = (packages: object) => JSON.stringify({ lockfileVersion: 3, packages })
  const packages = {
    'node_modules/needed': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/elsewhere': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  }
  await mkdir(join(folder, 'node_modules/needed'), { recursive: true })
  await writeFile(join(folder, 'node_modules/needed/package.json'), '{}')
  await writeFile(join(folder, 'package-lock.json'), named({ '': {}, schemas: {}, ...packages }))
  await writeFile(join(folder, 'node_modules/.package-lock.json'), named(packages))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a package that npm wrote down and whose folder is gone is not installed', async () => {
  expect(await isInstalled(folder)).toBe(true)
  await rm(join(folder, 'node_modules/needed'), { recursive: true })
  expect(await isInstalled(folder)).toBe(false)
})
