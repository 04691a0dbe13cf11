/** Finds, freezes and kills the embedded ClickHouse of a server process, from outside, as a fault would. */
import { readFile, readdir } from 'node:fs/promises'
import { until } from './server.js'

/** Process id of the child of `parent` that runs the engine; undefined while there is none. */
export async function engineOf(parent: number): Promise<number | undefined> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const [status, command] = await Promise.all([
      readFile(`/proc/${entry}/status`, 'utf8').catch(() => ''),
      readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => ''),
    ])
    if (status.includes(`\nPPid:\t${parent}\n`) && command.includes('engine-child')) return Number(entry)
  }
  return undefined
}

export const someEngineOf = (parent: number): Promise<number> =>
  until(() => engineOf(parent), { what: 'the embedded ClickHouse process' })
