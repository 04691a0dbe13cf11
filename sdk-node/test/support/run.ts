/** Runs code in a process of its own, with the built package. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
if (!existsSync(dist)) throw new Error(`${dist} is missing: run npm run build first`)

/** `output` is what came on stdout and stderr. */
export async function run(code: string, type: 'module' | 'commonjs' = 'module', nodeOptions: string[] = []) {
  const child = spawn(process.execPath, [...nodeOptions, `--input-type=${type}`, '--eval', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
  const exit = await new Promise((resolve) =>
    child.once('close', (exitCode, signal) => resolve(signal ?? exitCode)),
  )
  return { exit, output }
}
