/** Processor time of a process with all its threads and children, as Linux counts it. */
import { readFile } from 'node:fs/promises'

/** A tick of /proc/<pid>/stat: 1/100 s. */
const tickSeconds = 0.01

/** Seconds since its start; 0 for a process that is none, or where there is no /proc. */
export async function secondsOf(pid: number | undefined): Promise<number> {
  if (pid === undefined) return 0
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name may hold blanks; after it come the fields from the third on, user and system time being 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * tickSeconds
}

export async function secondsOfTree(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const below = await Promise.all(children.split(' ').filter(Boolean).map(Number).map(secondsOfTree))
  return below.reduce((sum, seconds) => sum + seconds, await secondsOf(pid))
}
