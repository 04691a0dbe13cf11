import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import caps from '../size-caps.json' with { type: 'json' }
import type { init as initOfSource } from '../src/index.js'
import { version } from '../src/base/version.js'

const folder = fileURLToPath(new URL('..', import.meta.url))
const dist = (file: string): Buffer => readFileSync(`${folder}dist/${file}`)
const tool = (...path: string[]) => spawnSync(process.execPath, path, { cwd: folder, encoding: 'utf8' })

test.each(Object.entries(caps))('%s.js is within its cap', (name, { cap }) => {
  expect(gzipSync(dist(`${name}.js`), { level: 9 }).length).toBeLessThanOrEqual(cap)
})

test('the version that events carry is the package’s', () => {
  const { version: published } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as {
    version: string
  }
  expect(version).toBe(published)
})

test('no script says more than ES2019', () => {
  for (const name of Object.keys(caps)) {
    const code = dist(`${name}.js`).toString()
    expect(code).not.toMatch(/\?\.\w|\?\?|\|\|=|&&=/)
  }
})

const root = fileURLToPath(new URL('../..', import.meta.url))

test.each([
  'README.md',
  'sdk-browser/README.md',
  'docs/testing.md',
  'examples/track-a-website/index.html',
  'examples/track-a-website/thanks.html',
  'examples/track-a-server/shop.ts',
])('%s has the stub as it is built, before each tag', (file) => {
  const text = readFileSync(`${root}${file}`, 'utf8')
  const stub = dist('stub.js').toString().trim()
  expect(text).toContain(`<script>${stub}</script>`)
  const tags = text.split(/<script async src="[^"]*t\.js"/).length - 1
  expect(tags).toBe(1)
})

test('the policy that the README gives allows the stub', () => {
  const hash = createHash('sha256').update(dist('stub.js').toString().trim()).digest('base64')
  expect(readFileSync(`${folder}README.md`, 'utf8')).toContain(`'sha256-${hash}'`)
})

test('imported without a window, the verbs are there and do nothing', async () => {
  expect('window' in globalThis).toBe(false)
  const built = '../dist/index.js'
  const { init } = (await import(built)) as { init: typeof initOfSource }
  const touchline = init({ writeKey: 'wk', host: 'https://t.example.com' })
  touchline.page()
  touchline.identify('u1')
  await touchline.flush()
  expect(touchline.anonymousId()).toBeUndefined()
  expect(touchline.user()).toEqual({})
})

test('where a server or React Native has a window and no document, the verbs do nothing', async () => {
  const built = '../dist/index.js'
  const { init } = (await import(built)) as { init: typeof initOfSource }
  vi.stubGlobal('window', globalThis)
  try {
    const touchline = init({ writeKey: 'wk', host: 'https://t.example.com' })
    touchline.track('Nowhere')
    await touchline.flush()
    expect(touchline.anonymousId()).toBeUndefined()
  } finally {
    vi.unstubAllGlobals()
  }
})

// As in a project that knows nothing of this repository.
const usage = `
const touchline: Touchline = init({ writeKey: 'wk', host: 'https://t.example.com', consent: 'required', pages: 'query' })
touchline.identify('u1', { email: 'a@b.example' })
touchline.identify({ email: 'a@b.example' })
touchline.on('drop', ({ reason, messageIds }) => [reason, messageIds])
// @ts-expect-error the host is not optional
init({ writeKey: 'wk' })
// @ts-expect-error nor is it undefined, as a variable of the environment may be
init({ writeKey: 'wk', host: undefined as string | undefined })
// @ts-expect-error the key is called writeKey
init({ key: 'wk', host: 'https://t.example.com' })
// @ts-expect-error there is no such value
init({ writeKey: 'wk', host: 'https://t.example.com', storage: 'none' })
// @ts-expect-error nor such a one
init({ writeKey: 'wk', host: 'https://t.example.com', consent: false })
// @ts-expect-error there is no such option
init({ writeKey: 'wk', host: 'https://t.example.com', flushAt: 20 })
`

test('by the published types init() without a host, or with what there is not, is an error', () => {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-types-'))
  try {
    const installed = join(dir, 'node_modules/@touchline/browser')
    mkdirSync(installed, { recursive: true })
    for (const part of ['package.json', 'dist'])
      cpSync(join(folder, part), join(installed, part), { recursive: true })
    const files = ['esm.mts', 'cjs.cts']
    for (const file of files)
      writeFileSync(join(dir, file), `import { init, type Touchline } from '@touchline/browser'\n${usage}`)
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, module: 'NodeNext', target: 'ES2022' },
      ...{ lib: ['ES2023', 'DOM'], types: [], noEmit: true },
    }
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8' })
    expect(stdout + stderr).toBe('')
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}, 60_000)

test('publint finds nothing wrong with the packed package', () => {
  const { status, stdout } = tool('../node_modules/publint/src/cli.js', '--strict')
  expect(stdout).toContain('All good!')
  expect(status).toBe(0)
}, 90_000)

test('attw finds nothing wrong with the types of the packed package', () => {
  const { status, stdout } = tool('../node_modules/@arethetypeswrong/cli/dist/index.js', '--pack', '.')
  expect(stdout).toContain('No problems found')
  expect(status).toBe(0)
}, 90_000)
