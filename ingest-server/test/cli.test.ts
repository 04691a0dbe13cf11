/** `touchline` as an operator uses it: the real command beside the real server. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chown, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, endOf, settingsOf } from '../../test-support/command.js'
import { freePort, startServer, type TestServer, until } from '../../test-support/server.js'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

/** Beside the server, with its settings but for those that are given. */
const touchline = (args: readonly string[], more: Record<string, string> = {}) =>
  endOf(args, { ...settingsOf(server), ...more })

const track = (key: string, more: object = {}) =>
  server.post('/v1/track', { event: 'E', userId: 'u1', messageId: randomUUID(), ...more }, key)
const untilStatus = (key: string, status: number) =>
  until(async () => ((await track(key)).status === status ? true : undefined), {
    what: `${status} for the key`,
  })

test('a key made, rotated and revoked counts and stops counting without a restart', async () => {
  const made = await touchline(['keys', 'create', '--kind', 'write', '--name', 'shop', '--type', 'track'])
  expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^wk_\w+$/) as string })
  await untilStatus(made.out, 200)
  const { out } = await touchline(['keys', 'list'])
  const id =
    /(\S+)\s+wk_\w+\s+shop/.exec(out.split('\n').find((line) => line.includes(made.out)) ?? '')?.[1] ?? ''
  expect(id).not.toBe('')
  const next = await touchline(['keys', 'rotate', id, '--keep', '0'])
  await untilStatus(next.out, 200)
  await untilStatus(made.out, 401)
  const types = await server.post('/v1/identify', { userId: 'u1' }, next.out)
  expect(types.body).toMatchObject({ rejected: [{ code: 'EVENT_NOT_ALLOWED' }] })
})

test('a key of the settings that is rotated goes on counting for as long as --keep says', async () => {
  // A live site and a back end that nobody has changed yet.
  const [write, secret] = ['wk_of_the_environment', 'sk_of_the_environment_0123456789abcdef']
  const site = await startServer({ env: { TOUCHLINE_WRITE_KEY: write, TOUCHLINE_SECRET_KEY: secret } })
  const env = { DATA_DIR: site.dataDir, TOUCHLINE_WRITE_KEY: write, TOUCHLINE_SECRET_KEY: secret }
  const status = async (key: string) =>
    (await site.post('/v1/track', { event: 'E', userId: 'u1' }, key)).status
  const untilCounts = (key: string, expected: number) =>
    until(async () => ((await status(key)) === expected ? true : undefined), {
      what: `${expected} for ${key}`,
    })
  try {
    const idOf = async (kind: string) =>
      new RegExp(`default\\s+${kind}\\s+(\\S+).*of the settings`).exec(
        (await touchline(['keys', 'list'], env)).out,
      )?.[1] ?? ''
    const [writeId, secretId] = [await idOf('write'), await idOf('secret')]
    const nextWrite = await touchline(['keys', 'rotate', writeId, '--keep', '2h'], env)
    const nextSecret = await touchline(['keys', 'rotate', secretId], env)
    expect(nextWrite.err).toMatch(
      new RegExp(`${writeId} counts until \\d{4}-.*Set TOUCHLINE_WRITE_KEY to the new key`, 's'),
    )
    await untilCounts(nextWrite.out, 200)
    await untilCounts(nextSecret.out, 200)
    expect(await status(write)).toBe(200)
    expect(await status(secret)).toBe(200)
    const listed = (await touchline(['keys', 'list'], env)).out.split('\n')
    expect(listed.find((line) => line.includes(writeId))).toMatch(/\d{4}-\d\d-\d\dT/)
    await touchline(['keys', 'rotate', writeId, '--keep', '1s'], env)
    await untilCounts(write, 401)
    expect(await status(secret)).toBe(200)
    await touchline(['keys', 'rotate', secretId, '--keep', '0'], env)
    await untilCounts(secret, 401)
    expect((await touchline(['keys', 'list'], env)).out).not.toContain('of the settings')
    expect(await status(nextWrite.out)).toBe(200)
  } finally {
    await site.stop()
  }
})

test.each([
  ['the environment names the new one', true],
  ['keys.json has the new one', false],
])(
  'a rotated key of the settings goes on counting when %s after a restart',
  async (_where, isOfEnvironment) => {
    const [write, secret] = ['wk_before_the_restart', 'sk_before_the_restart_0123456789abcd']
    const given = isOfEnvironment ? { TOUCHLINE_WRITE_KEY: write, TOUCHLINE_SECRET_KEY: secret } : {}
    const site = await startServer({ env: { TOUCHLINE_WRITE_KEY: '', TOUCHLINE_SECRET_KEY: '', ...given } })
    const env = { DATA_DIR: site.dataDir, TOUCHLINE_WRITE_KEY: '', TOUCHLINE_SECRET_KEY: '', ...given }
    const keysJson = async () =>
      JSON.parse(await readFile(join(site.dataDir, 'keys.json'), 'utf8')) as {
        writeKey: string
        secretKey: string
      }
    const before = isOfEnvironment ? { writeKey: write, secretKey: secret } : await keysJson()
    const statusOf = async (key: string) =>
      (await site.post('/v1/track', { event: 'E', userId: 'u1' }, key)).status
    try {
      const listed = JSON.parse((await touchline(['keys', 'list', '--json'], env)).out) as { id: string }[]
      const next = []
      for (const { id } of listed) next.push(await touchline(['keys', 'rotate', id, '--keep', '2h'], env))
      const [nextWrite = '', nextSecret = ''] = next.map(({ out }) => out)
      if (isOfEnvironment) expect(next[0]?.err).toContain('Set TOUCHLINE_WRITE_KEY to the new key')
      else expect(await keysJson()).toMatchObject({ writeKey: nextWrite, secretKey: nextSecret })
      const changed = isOfEnvironment
        ? { TOUCHLINE_WRITE_KEY: nextWrite, TOUCHLINE_SECRET_KEY: nextSecret }
        : {}
      await site.kill()
      await site.restart(changed)
      for (const key of [before.writeKey, before.secretKey, nextWrite, nextSecret])
        expect(await statusOf(key)).toBe(200)
      // Each once, and by the id that was said when it was made.
      const { out } = await touchline(['keys', 'list', '--json'], { ...env, ...changed })
      const keys = (JSON.parse(out) as { id: string; name?: string }[]).map(({ id }) => id)
      expect(keys).toHaveLength(4)
      for (const { err } of next) expect(keys).toContain(/key (\S+) of/.exec(err)?.[1])
      await touchline(['keys', 'revoke', keys[0] ?? ''], { ...env, ...changed })
      await until(async () => ((await statusOf(nextWrite)) === 401 ? true : undefined))
      expect(await statusOf(before.writeKey)).toBe(200)
    } finally {
      await site.stop()
    }
  },
)

test.runIf(process.getuid?.() === 0)(
  'a key made and a link asked for by root beside a service are files of the service',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'touchline-service-'))
    try {
      const service = 65_534
      await chown(folder, service, service)
      const env = { DATA_DIR: folder, ANALYST_PASSWORD: 'an_test_0123456789' }
      await touchline(['keys', 'create', '--kind', 'secret'], env)
      await mkdir(join(folder, 'sign-in'), { mode: 0o700 })
      await chown(join(folder, 'sign-in'), service, service)
      expect((await touchline(['sign-in'], env)).out).toContain('#code=')
      const [code = ''] = await readdir(join(folder, 'sign-in'))
      for (const file of ['projects.json', join('sign-in', code)])
        expect(await stat(join(folder, file))).toMatchObject({ uid: service, gid: service })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
)

test('a secret key is shown once, reads, and is revoked by its id', async () => {
  const made = await touchline(['keys', 'create', '--kind', 'secret'])
  const id = /key (\S+) of/.exec(made.err)?.[1] ?? ''
  const status = async () =>
    (await fetch(`${server.url}/v1/people?q=u1`, { headers: { authorization: `Bearer ${made.out}` } })).status
  await until(async () => ((await status()) === 200 ? true : undefined))
  const { out } = await touchline(['keys', 'list'])
  expect(out).toContain(id)
  expect(out).not.toContain(made.out)
  await touchline(['keys', 'revoke', id])
  await until(async () => ((await status()) === 401 ? true : undefined))
})

test('a project made by hand takes events of its own, by its own rules', async () => {
  const { out } = await touchline(['projects', 'create', 'shop'])
  const [, writeKey = '', secretKey = ''] = /write key\s+(\S+)\nsecret key\s+(\S+)/.exec(out) ?? []
  expect(
    await touchline(['projects', 'set', 'shop', '--identify', 'signed-only', '--drop', 'card']),
  ).toMatchObject({
    code: 0,
  })
  await untilStatus(secretKey, 200)
  await until(async () => {
    const { body } = await track(writeKey)
    return JSON.stringify(body).includes('EVENT_NOT_SIGNED') ? true : undefined
  })
  const messageId = randomUUID()
  await track(secretKey, { messageId, properties: { card: '4111', plan: 'pro' } })
  const [row] = await until(async () => {
    const rows = await server.sql<{ project: string; properties: string }>(
      'SELECT project, properties FROM events WHERE message_id = {messageId: String}',
      { messageId },
    )
    return rows.length > 0 ? rows : undefined
  })
  expect(row).toEqual({ project: 'shop', properties: '{"plan":"pro"}' })
})

test('what was refused is listed, and becomes an event once its cause is gone', async () => {
  const made = await touchline(['keys', 'create', '--kind', 'write', '--event', 'Other'])
  await untilStatus(made.out, 200)
  const messageId = randomUUID()
  await track(made.out, { messageId, event: 'Wanted' })
  await until(async () =>
    (await touchline(['rejected', 'list'])).out.includes(messageId) ? true : undefined,
  )
  const replayed = await touchline(['rejected', 'replay', '--code', 'EVENT_NOT_ALLOWED', '--limit', '1000'])
  expect(replayed.out).toMatch(/^[1-9]\d* are events now, 0 are refused again/)
  await until(async () => {
    const { status, body } = await server.get<{ status?: string }>(`/v1/events/${messageId}`)
    return status === 200 && body.status === 'stored' ? true : undefined
  })
  await until(async () =>
    (await touchline(['rejected', 'list'])).out.includes(messageId) ? undefined : true,
  )
  expect(await touchline(['dead-letters', 'list'])).toMatchObject({ code: 0 })
})

test.each([
  [['nonsense'], 2, /unknown command 'nonsense'/],
  [['rejectd', 'list'], 2, /unknown command 'rejectd' \(Did you mean rejected\?\)/],
  [['keys'], 2, /touchline keys: say what to do: list, create, rotate, revoke/],
  [['--json'], 2, /touchline: say what to do: start, keys, projects, sign-in, doctor/],
  [['keys', 'rotat'], 2, /unknown command 'rotat' \(Did you mean rotate\?\)/],
  [['keys', 'rotate'], 2, /missing required argument 'key-id'/],
  [['keys', 'create', '--kind', 'golden'], 2, /'--kind <kind>'.*Allowed choices are write, secret, signing/],
  [['keys', 'create', '--kind', 'write', '--origin', 'https://*'], 1, /an origin is/],
  [['keys', 'revoke', 'nobody'], 1, /has no key nobody/],
  [['keys', 'create', '--kind', 'write', '--colour', 'red'], 2, /unknown option '--colour'/],
  [['projects', 'set', 'shop', '--retenton', '5'], 2, /'--retenton' \(Did you mean --retention\?\)/],
  [['keys', 'create', '--kind', 'write', '--rate', 'fast'], 1, /--rate: fast is not a number above 0/],
  [['keys', 'rotate', 'k1', '--keep', 'long'], 1, /--keep: long is not a time like 30d/],
  [['projects', 'set', 'nowhere', '--rate', '5'], 1, /no project nowhere/],
  [['stitch', '--rebuild'], 1, /a server runs at/],
  [['replay'], 1, /a server runs at/],
  [['rejected', 'list', '--key', 'sk_wrong'], 1, /answers 401/],
])('touchline %j ends with %i and one line that says why', async (args, code, reason) => {
  const ended = await touchline(args)
  expect(ended.code).toBe(code)
  expect(ended.err).toMatch(reason)
  expect(ended.err.split('\n')).toHaveLength(1)
})

test.each([
  [['keys', 'list'], { project: 'default', kind: 'write' }],
  [['projects', 'list'], { id: 'default', identify: 'open' }],
])('touchline %j --json prints what programs read', async (args, some) => {
  const { code, out } = await touchline([...args, '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toContainEqual(expect.objectContaining(some))
})

test.each(['--version', '-V'])('%s says which version this is, and needs no settings', async (option) => {
  const file = new URL('../package.json', import.meta.url)
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string }
  const { code, out } = await touchline([option], { PORT: 'eighty' })
  expect({ code, out: out.trim() }).toEqual({ code: 0, out: version })
})

test('help needs no settings, and names commands and what an option may be', async () => {
  const bad = { PORT: 'eighty' }
  const all = await touchline(['--help'], bad)
  expect(all.code).toBe(0)
  expect(all.out).toMatch(/keys .*list, create.*\n[^]*doctor .*\n[^]*kafka-engine/)
  expect(await touchline(['--json'], bad)).toMatchObject({ code: 2 })
  const { out } = await touchline(['keys', 'create', '--help'], bad)
  expect(out).toMatch(/--kind <kind>.*write.*secret.*signing/)
})

/** Of commander's help: the rows under a heading, each what is given and what it is for (empty where nothing says). */
function rowsOfHelp(help: string, heading: 'Options:' | 'Commands:'): { given: string; purpose: string }[] {
  const [, rows = ''] = new RegExp(`^${heading}\\n((?: {2}.*\\n?)*)`, 'm').exec(help) ?? []
  return [...rows.matchAll(/^ {2}(\S.*?)(?:$| {2,}(.*))/gm)].map(([, given = '', purpose = '']) => ({
    given,
    purpose,
  }))
}
const commandsIn = (help: string) =>
  rowsOfHelp(help, 'Commands:')
    .map(({ given }) => given.split(' ')[0] ?? '')
    .filter((name) => name !== 'help')

test('every command stands in docs, and help says what each command and each option is for', async () => {
  const docs = new URL('../../docs/', import.meta.url)
  const pages = (await readdir(docs)).filter((name) => name.endsWith('.md'))
  const text = (await Promise.all(pages.map((name) => readFile(new URL(name, docs), 'utf8')))).join('\n')
  const helpOf = async (words: string[]) => ({ words, help: (await touchline([...words, '--help'])).out })
  const all = await helpOf([])
  const commands = await Promise.all(commandsIn(all.help).map((name) => helpOf([name])))
  expect(commands.length).toBeGreaterThan(15)
  const parts = await Promise.all(
    commands.flatMap(({ words, help }) => commandsIn(help).map((name) => helpOf([...words, name]))),
  )
  expect(parts.length).toBeGreaterThan(10)
  const told = (words: string[]) => new RegExp(`touchline (?:-- )?${words.join(' ')}\\b`).test(text)
  expect(commands.filter(({ words }) => !told(words)).map(({ words }) => words.join(' '))).toEqual([])
  const unexplained = [all, ...commands, ...parts].flatMap(({ words, help }) =>
    [...rowsOfHelp(help, 'Options:'), ...rowsOfHelp(help, 'Commands:')]
      .filter(({ given, purpose }) => purpose === '' && !given.startsWith('help '))
      .map(({ given }) => [...words, given].join(' ')),
  )
  expect(unexplained).toEqual([])
})

test('a reader that goes away ends it without a word', async () => {
  const line = `"${process.execPath}" "${cli}" --help | true; echo "ended with \${PIPESTATUS[0]}"`
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', line])
  expect([stdout.trim(), stderr]).toEqual(['ended with 0', ''])
})

test('without a command it starts the server, which names a bad setting itself', async () => {
  for (const args of [[], ['start']])
    expect(await touchline(args, { PORT: 'eighty' })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^Touchline cannot start\. PORT: /) as string,
    })
})

test('a bad setting is said in one line', async () => {
  const ended = await touchline(['doctor'], { PORT: 'eighty' })
  expect(ended).toMatchObject({ code: 1, err: expect.stringMatching(/^touchline doctor: PORT: /) as string })
})

test.each([
  [['doctor'], 0],
  [['keys', 'list'], 0],
  [['stitch', '--rebuild'], 1],
  [['rejected', 'list'], 1],
])('touchline %j in a folder where no server ran makes nothing there', async (args, code) => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'touchline-elsewhere-'))
  try {
    const bare = { DATA_DIR: join(elsewhere, 'data'), PORT: String(await freePort()) }
    const ended = await touchline(args, { ...bare, TOUCHLINE_WRITE_KEY: '', TOUCHLINE_SECRET_KEY: '' })
    expect(ended.code).toBe(code)
    expect(await readdir(elsewhere)).toEqual([])
    if (args[0] === 'doctor')
      expect(ended.out).toMatch(/warn\s+data .*is not there yet.*\n[^]*warn\s+keys .*none yet/)
    if (code === 1) expect(ended.err).toMatch(/DATA_DIR: no server has run in/)
  } finally {
    await rm(elsewhere, { recursive: true, force: true })
  }
})
