/** What is published, as those get it who have nothing but the packed files and an empty folder. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort, until } from '../test-support/server.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

interface Packed {
  filename: string
  integrity: string
  files: { path: string }[]
  manifest: { dependencies?: Record<string, string> }
}

let where: string
let empty: string
/** By the name of the package. */
const packed = new Map<string, Packed>()

beforeAll(async () => {
  where = await mkdtemp(join(tmpdir(), 'touchline-packages-'))
  empty = join(where, 'empty')
  await mkdir(empty)
  const { stdout } = await run('node', ['scripts/package-server.mjs', join(where, 'touchline')], {
    cwd: root,
  })
  await pack('touchline', stdout.trim())
  await pack('@touchline/browser', join(root, 'sdk-browser'))
  await pack('@touchline/node', join(root, 'sdk-node'))
  // By a lock of the versions of this repository: what `npm ci` brought here is in npm's cache, so that this needs no
  // network where that needed none.
  const { manifest, lock } = await installed()
  await writeFile(join(empty, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(empty, 'package-lock.json'), JSON.stringify(lock))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: empty })
}, 400_000)

afterAll(async () => {
  if (where !== undefined) await rm(where, { recursive: true, force: true })
})

async function pack(name: string, folder: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--json', '--silent', '--pack-destination', where], {
    cwd: folder,
    maxBuffer: 32 * 1024 * 1024,
  })
  const [one] = JSON.parse(stdout) as Omit<Packed, 'manifest'>[]
  if (one === undefined) throw new Error(`npm packed nothing of ${name}`)
  packed.set(name, { ...one, manifest: await readJson(folder, 'package.json') })
}

interface Locked {
  version: string
  integrity?: string
  link?: true
}

interface Lock {
  packages: Record<string, Locked>
}

const readJson = async <T>(...path: string[]): Promise<T> =>
  JSON.parse(await readFile(join(...path), 'utf8')) as T

/** A project that has the packed files, and the rest as package-lock.json of the repository has it. */
async function installed(): Promise<{ manifest: object; lock: object }> {
  const { packages: ours } = await readJson<Lock>(root, 'package-lock.json')
  const fetched = Object.entries(ours)
    .filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
    .map(([path, one]): [string, object] => [
      path.replace(/^ingest-server\//, 'node_modules/touchline/'),
      one,
    ])
  const packages: Record<string, object> = Object.fromEntries(fetched)
  const dependencies: Record<string, string> = {}
  for (const [name, { filename, integrity, manifest }] of packed) {
    dependencies[name] = `file:${join(where, filename)}`
    packages[`node_modules/${name}`] = { ...manifest, resolved: dependencies[name], integrity }
  }
  const schemas = await readJson<object>(where, 'touchline/node_modules/@touchline/schemas/package.json')
  packages['node_modules/touchline/node_modules/@touchline/schemas'] = { ...schemas, inBundle: true }
  const manifest = { name: 'empty', private: true, dependencies }
  packages[''] = manifest
  return { manifest, lock: { name: 'empty', lockfileVersion: 3, requires: true, packages } }
}

const filesOf = (name: string) => packed.get(name)?.files.map(({ path }) => path) ?? []

test('no package has a test, a source map or anything of who built it', async () => {
  for (const name of packed.keys()) {
    const files = filesOf(name)
    expect(files, name).toContain('LICENSE')
    expect(files, name).toContain('README.md')
    expect(
      files.filter((path) => /\.test\.|\.map$|tsbuildinfo|(^|\/)\.(?!vite)|fixtures?\//.test(path)),
    ).toEqual([])
  }
})

test('the server names the very versions that were tested, and the SDKs need nothing', async () => {
  const { packages } = await readJson<Lock>(root, 'package-lock.json')
  const needed = Object.entries(packed.get('touchline')?.manifest.dependencies ?? {})
  expect(needed.length).toBeGreaterThan(25)
  for (const [name, version] of needed) {
    const found = packages[`ingest-server/node_modules/${name}`] ?? packages[`node_modules/${name}`]
    expect(name.startsWith('@touchline/') ? version : found?.version, name).toBe(version)
    expect(version).toMatch(/^\d+\.\d+\.\d+/)
  }
  for (const sdk of ['@touchline/browser', '@touchline/node'])
    expect(packed.get(sdk)?.manifest.dependencies).toBeUndefined()
})

describe('npx touchline in an empty folder', () => {
  let child: ChildProcess
  let output = ''
  let url: string

  beforeAll(async () => {
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    // A group of its own, because npx runs a shell that runs node.
    child = spawn('npx', ['--no-install', 'touchline'], {
      cwd: empty,
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', PORT: String(port) },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await until(() => (output.includes('HTTP API:') ? true : undefined), {
      what: 'npx touchline to say that it is ready',
      timeoutMs: 180_000,
      seen: () => output,
    })
  }, 200_000)

  const signal = (name: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(-(child.pid ?? 0), name)
    } catch {
      return false
    }
  }
  afterAll(async () => {
    if (signal('SIGTERM'))
      await until(() => !signal(0) || undefined, { what: 'the server to be gone', timeoutMs: 60_000 })
  })

  test('prints the tag, and serves what the tag loads and the Explorer', async () => {
    const { writeKey } = await keys()
    expect(output).toContain(`src="${url}/t.js" data-key="${writeKey}"`)
    for (const file of ['t.js', 't.forms.js', 't.whole.js'])
      expect((await fetch(`${url}/${file}`)).status, file).toBe(200)
    const page = await (await fetch(`${url}/`, { headers: { accept: 'text/html' } })).text()
    const [script = ''] = /\/assets\/[^"]+\.js/.exec(page) ?? []
    expect((await fetch(`${url}${script}`)).status).toBe(200)
  })

  test('events of the packed Node SDK arrive, from ESM and from CommonJS, and show in the timeline', async () => {
    const { writeKey, secretKey } = await keys()
    const sends = (event: string) =>
      `const touchline = new Touchline({ writeKey: '${writeKey}', host: '${url}' })
       touchline.track({ userId: 'ada', event: '${event}' })
       touchline.close().then((report) => console.log(JSON.stringify(report)))`
    await writeFile(
      join(empty, 'send.mjs'),
      `import { Touchline } from '@touchline/node'\n${sends('Packed')}`,
    )
    await writeFile(
      join(empty, 'send.cjs'),
      `const { Touchline } = require('@touchline/node')\n${sends('Required')}`,
    )
    for (const file of ['send.mjs', 'send.cjs']) await run('node', [file], { cwd: empty })
    const seen = await until(
      async () => {
        const answer = await fetch(`${url}/v1/users/ada/timeline`, {
          headers: { authorization: `Bearer ${secretKey}` },
        })
        const text = await answer.text()
        return text.includes('Packed') && text.includes('Required') ? text : undefined
      },
      { what: 'the events in the timeline' },
    )
    expect(seen).toContain('user:ada')
  })

  test('its commands find the server, and the packed browser SDK loads in Node', async () => {
    const ask = (...args: string[]) =>
      run('npx', ['--no-install', 'touchline', ...args], {
        cwd: empty,
        env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', PORT: new URL(url).port },
      })
    expect((await ask('doctor')).stdout).not.toContain('FAIL')
    expect((await ask('import', '--maps')).stdout).toContain('hubspot-contacts')
    const { stdout } = await run('node', ['--input-type=module', '-e', browser], { cwd: empty })
    expect(stdout.trim()).toBe('function function')
  })

  const browser = `import * as esm from '@touchline/browser'
    import { createRequire } from 'node:module'
    const cjs = createRequire(import.meta.url)('@touchline/browser')
    console.log(typeof esm.init, typeof cjs.init)`

  const keys = () => readJson<Record<string, string>>(empty, 'data', 'keys.json')
})
