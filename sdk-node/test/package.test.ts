/** The package as a project sees it that knows nothing of this repository. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const packageDir = fileURLToPath(new URL('../', import.meta.url))

// Calls as code written for Segment's Node SDK makes them.
const usage = `
interface Order { total: number; items: string[] }
declare const order: Order
declare const request: { headers: Record<string, string | string[] | undefined>; ip: string; method: string }
const options = { writeKey: 'wk', host: 'http://127.0.0.1:1' }
const client = new Touchline(options)

const accepted: boolean = client.track({ userId: 'u1', event: 'Order Completed', properties: order })
client.track({ anonymousId: 'a1', event: 'x', timestamp: new Date(), context: { ip: '::1' }, integrations: { All: true } })
client.track({ userId: 'u1', event: 'x', messageId: 'm1' }, (error) => void error)
client.track({ ...touchlineContext(request), userId: 'u1', event: 'x' })
client.identify({ userId: 'u1', traits: { email: 'a@b.example' } })
client.identify({ traits: { email: 'a@b.example' } })
client.page({ userId: 'u1', category: 'Docs', name: 'Home', properties: { url: 'https://a.example/' } })
client.screen({ userId: 'u1', name: 'Cart' })
client.group({ userId: 'u1', groupId: 'g1', traits: { name: 'Acme' } })
client.alias({ previousId: 'a1', userId: 'u1' })
client.flush().then(({ sent, rejected, dropped, pending }) => sent + rejected + dropped + pending)
client.closeAndFlush({ timeout: 1_000 }).then(({ pending }) => pending)
new Touchline({ ...options, fetch, logger: console, spool: { dir: 'x', fsync: true }, onReject: async ({ code }) => code })
client.track({ userId: 9007199254740993n, event: 'x', timestamp: 1_700_000_000 }, (error, { messageId }) => {
  const code: string | undefined = error?.code
  return code ?? messageId
})
new Touchline({ ...options, onReject: ({ event, messageId }) => event?.['userId'] ?? messageId?.length })

// @ts-expect-error the event of a rejection may be undefined
new Touchline({ ...options, onReject: ({ event }) => event['userId'] })
// @ts-expect-error the event of a drop may be undefined
new Touchline({ ...options, onDrop: ({ event }) => event['userId'] })
// @ts-expect-error there is no such option
new Touchline({ ...options, flushAt: 20 })
// @ts-expect-error a call needs an id
client.track({ event: 'x' })
// @ts-expect-error track needs an event name
client.track({ userId: 'u1' })
// @ts-expect-error a lead needs an email
client.identify({ traits: { plan: 'pro' } })
// @ts-expect-error group needs a groupId
client.group({ userId: 'u1' })
// @ts-expect-error a browser without the cookie has no anonymousId
client.track({ ...touchlineContext(request), event: 'x' })
// @ts-expect-error the host is not optional
new Touchline({ writeKey: 'wk' })
export { accepted }
`

it('the published types fit code for Segment’s SDK, from ESM and CommonJS, without anything else of ours', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-types-'))
  try {
    const installed = join(dir, 'node_modules/@touchline/node')
    mkdirSync(installed, { recursive: true })
    for (const part of ['package.json', 'dist'])
      cpSync(join(packageDir, part), join(installed, part), { recursive: true })
    writeFileSync(
      join(dir, 'esm.mts'),
      `import { Touchline, touchlineContext } from '@touchline/node'\n${usage}`,
    )
    writeFileSync(
      join(dir, 'cjs.cts'),
      `import { Touchline, touchlineContext } from '@touchline/node'\n${usage}`,
    )
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      module: 'NodeNext',
      target: 'ES2022',
      lib: ['ES2023', 'DOM'],
      types: [],
      noEmit: true,
      skipLibCheck: false,
      skipDefaultLibCheck: true,
    }
    writeFileSync(
      join(dir, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['esm.mts', 'cjs.cts'] }),
    )
    const output = await new Promise((resolve) => {
      execFile(process.execPath, [tsc, '-p', dir], (_error, stdout, stderr) => resolve(stdout + stderr))
    })
    expect(output).toBe('')
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}, 60_000)

it('publint and attw find nothing wrong with the package', async () => {
  const [code, output] = await new Promise<[number | null, string]>((resolve) => {
    const child = execFile('npm', ['run', 'check:package'], { cwd: packageDir }, (_error, stdout, stderr) =>
      resolve([child.exitCode, stdout + stderr]),
    )
  })
  expect(output).toContain('All good!')
  expect(output).toContain('No problems found')
  expect(code).toBe(0)
}, 120_000)
