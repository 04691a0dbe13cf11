/** The real `touchline` command, as an operator runs it. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestServer } from './server.js'

export const cli = fileURLToPath(new URL('../ingest-server/dist/cli.js', import.meta.url))

export interface Ended {
  code: number | null
  out: string
  err: string
}

/** The environment of a command that stands beside a server: its folder, port and keys. */
export const settingsOf = (server: TestServer): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  DATA_DIR: server.dataDir,
  PORT: new URL(server.url).port,
  TOUCHLINE_WRITE_KEY: server.writeKey,
  TOUCHLINE_SECRET_KEY: server.secretKey,
})

/** Resolves with what became of it, however it ended. */
export function endOf(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [cli, ...args],
      { env: { PATH: process.env.PATH ?? '', ...env }, timeout: 120_000 },
      (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null
        resolve({ code, out: out.trim(), err: err.trim() })
      },
    )
  })
}

/** Resolves with what it printed; rejects, with what it said, when it fails. */
export async function touchline(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { code, out, err } = await endOf(args, env)
  if (code !== 0) throw new Error(`touchline ${args.join(' ')} ended with ${code}: ${err}`)
  return out
}
