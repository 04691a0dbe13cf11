/**
 * The port of the embedded server that saved connections name: the same after every restart. It is the preferred
 * one, or, where that was another program's at the first start, a free one; either way it is kept in a file.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'

export interface SteadyPort {
  /** Holds the port in decimal. */
  file: string
  preferred: number
}

/** `isPatient`: who has the kept port may be this server's own last child, about to end; it is waited for. */
export async function steadyPort({ file, preferred }: SteadyPort, isPatient: boolean): Promise<number> {
  const kept = await keptPort(file)
  if (kept !== undefined) return isPatient || (await isFree(kept)) ? kept : freePort()
  return (await isFree(preferred)) ? preferred : freePort()
}

/** For the next start. */
export async function keepPort({ file }: SteadyPort, port: number): Promise<void> {
  if ((await keptPort(file)) !== port) await writeFile(file, `${port}\n`, { mode: 0o600 })
}

async function keptPort(file: string): Promise<number | undefined> {
  const port = Number(await readFile(file, 'utf8').catch(() => ''))
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined
}

export const freePort = (): Promise<number> => boundPort(0)

const isFree = (port: number): Promise<boolean> =>
  boundPort(port).then(
    () => true,
    () => false,
  )

/** Listens on loopback for a moment; rejects where the port is taken. */
function boundPort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('No free port was given.'))
        else resolve(address.port)
      })
    })
  })
}
