/** The real `touchline` command, as an operator runs it. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const cli = fileURLToPath(new URL('../ingest-server/dist/cli.js', import.meta.url))

/** Resolves with what it printed; rejects when it fails. */
export async function touchline(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    timeout: 60_000,
  })
  return stdout
}
