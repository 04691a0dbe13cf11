/** docs/identity.md as it stands: every command of the walk is typed into a real server, every answer compared. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startServer, type TestServer } from '../../test-support/server.js'

interface Step {
  command: string
  answer: unknown
}

const page = readFileSync(new URL('../../docs/identity.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/^```(sh step|json answer|sh setup)\n([\s\S]*?)^```$/gm)].map(
  ([, kind = '', text = '']) => ({ kind, text }),
)
const setup = blocks.find(({ kind }) => kind === 'sh setup')?.text ?? ''

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await server.stop()
})

test('the walk of docs/identity.md gives the answers that stand there', async () => {
  const steps = stepsOf(blocks)
  expect(steps.length).toBeGreaterThan(10)
  for (const { command, answer } of steps) {
    // A write is answered once; a read is asked until the fact is worked in, as a reader would.
    const isWrite = command.includes(' -d ')
    if (isWrite) expect(await typed(command)).toMatchObject(answer as object)
    else
      await vi.waitFor(async () => expect(await typed(command)).toMatchObject(answer as object), {
        timeout: 20_000,
        interval: 100,
      })
  }
}, 120_000)

function stepsOf(all: readonly { kind: string; text: string }[]): Step[] {
  return all.flatMap(({ kind, text }, index) => {
    if (kind !== 'sh step') return []
    const next = all[index + 1]
    if (next?.kind !== 'json answer') throw new Error(`No answer stands after: ${text}`)
    return [{ command: text, answer: JSON.parse(next.text) as unknown }]
  })
}

async function typed(command: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)('sh', ['-ec', `${setup}\n${command}`], {
    env: {
      PATH: process.env['PATH'],
      TOUCHLINE: server.url,
      WRITE_KEY: server.writeKey,
      SECRET_KEY: server.secretKey,
    },
  })
  return JSON.parse(stdout) as unknown
}
