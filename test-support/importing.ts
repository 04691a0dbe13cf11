/** `touchline import` beside a real server. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { cli, type Ended, settingsOf } from './command.js'
import type { TestServer } from './server.js'

export function startImport(
  server: TestServer,
  args: readonly string[],
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [cli, 'import', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: settingsOf(server),
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    out: out.trim(),
    err: err.trim(),
  }))
  return { child, ended }
}

export const touchlineImport = (server: TestServer, ...args: string[]): Promise<Ended> =>
  startImport(server, args).ended

/** Writes a file of rows without holding them. */
export async function writeRows(
  path: string,
  head: string,
  rows: number,
  row: (n: number) => string,
): Promise<void> {
  const out = createWriteStream(path)
  let text = head
  for (let n = 0; n < rows; n++) {
    text += row(n)
    if (text.length > 1 << 18) {
      if (!out.write(text)) await once(out, 'drain')
      text = ''
    }
  }
  out.end(text)
  await once(out, 'finish')
}
