/** `touchline definitions`: the real command beside the real server. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endOf, settingsOf } from '../../test-support/command.js'
import { startServer, type TestServer } from '../../test-support/server.js'

let server: TestServer
let dir: string
beforeAll(async () => {
  server = await startServer()
  dir = await mkdtemp(join(tmpdir(), 'touchline-definition-files-'))
})
afterAll(async () => {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
})

const touchline = (...args: string[]) => endOf(['definitions', ...args], settingsOf(server))

test('a template is applied, pulled as files, and applying the files changes nothing', async () => {
  const planned = await touchline('apply', '--template', 'sales-led', '--dry-run')
  expect(planned).toMatchObject({ code: 0, err: '' })
  expect(planned.out).toContain('+ stages/default: holds for 0 accounts')
  expect(planned.out).toContain('No event called "Deal Won" is known yet')
  expect((await touchline('diff', dir)).out).toBe('Nothing to change.')

  expect(await touchline('apply', '--template', 'sales-led')).toMatchObject({
    code: 0,
    out: expect.stringContaining('11 definitions applied.') as string,
  })
  expect((await touchline('apply', '--template', 'sales-led')).out).toBe('Nothing to change.')
  expect(await touchline('pull', dir)).toMatchObject({ code: 0, out: `11 definitions in ${dir}.` })
  expect(await readdir(join(dir, 'goals'))).toContain('won.json')
  expect(await touchline('diff', dir)).toMatchObject({ code: 0, out: 'Nothing to change.' })
})

test('a changed file is a difference, then a version; a file that went is pruned when asked', async () => {
  const file = join(dir, 'goals', 'won.json')
  const body = JSON.parse(await readFile(file, 'utf8')) as object
  await writeFile(file, JSON.stringify({ ...body, name: 'Won for good' }))
  await rm(join(dir, 'goals', 'lead.json'))
  expect(await touchline('diff', dir)).toMatchObject({ code: 1, out: '~ goals/won (version 1)' })
  expect((await touchline('diff', dir, '--prune')).out).toBe(
    '~ goals/won (version 1)\n- goals/lead (version 1)',
  )
  expect(await touchline('apply', dir)).toMatchObject({ code: 0 })
  expect((await touchline('apply', dir)).out).toBe('Nothing to change.')
  expect((await touchline('apply', dir, '--prune')).out).toContain('- goals/lead')
  const { out } = await touchline('diff', dir, '--prune')
  expect(out).toBe('Nothing to change.')
})

test('nothing is applied where one of the files is wrong, and it is named', async () => {
  const bad = await mkdtemp(join(tmpdir(), 'touchline-bad-definitions-'))
  try {
    await mkdir(join(bad, 'goals'))
    await writeFile(join(bad, 'goals', 'a-good-one.json'), JSON.stringify({ when: { touch: { name: 'X' } } }))
    await writeFile(join(bad, 'goals', 'wrong.json'), JSON.stringify({ when: { touch: { nam: 'X' } } }))
    const answer = await touchline('apply', bad)
    expect(answer.code).toBe(1)
    expect(answer.err).toMatch(/when\.touch\.nam: .*did you mean name\?/)
    expect((await touchline('diff', dir, '--prune')).out).toBe('Nothing to change.')
    await writeFile(join(bad, 'goals', 'wrong.json'), '{')
    expect((await touchline('apply', bad)).err).toMatch(/wrong\.json: is not JSON/)
    expect((await touchline('apply', join(bad, 'nowhere'))).err).toMatch(/there is no such folder/)
  } finally {
    await rm(bad, { recursive: true, force: true })
  }
})
