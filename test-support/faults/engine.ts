/** Finds, freezes and kills the embedded ClickHouse of a server process, from outside, as a fault would. */
import { readFile, readdir } from 'node:fs/promises'
import { until } from '../server.js'

/** Process id of the child of `parent` that runs the engine; undefined while there is none. */
export async function engineOf(parent: number): Promise<number | undefined> {
  return (await childrenOf(parent, 'engine-child'))[0]
}

/** Process ids of the children of `parent` whose command line has `word` in it. */
export async function childrenOf(parent: number, word: string): Promise<number[]> {
  const found: number[] = []
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const [status, command] = await Promise.all([
      readFile(`/proc/${entry}/status`, 'utf8').catch(() => ''),
      readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => ''),
    ])
    if (status.includes(`\nPPid:\t${parent}\n`) && command.includes(word)) found.push(Number(entry))
  }
  return found
}

export const someEngineOf = (parent: number): Promise<number> =>
  until(() => engineOf(parent), { what: 'the embedded ClickHouse process' })
