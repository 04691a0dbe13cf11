/** How far an import is, as it goes: a bar on a terminal, a line now and then elsewhere. */
export interface ImportProgress {
  /** So many bytes more were sent. */
  sent: (bytes: number) => void
  /** The file is sent from its beginning. */
  again: () => void
  /** Asks `rows` again and again until the function that it returns is called. */
  follow: (rows: (() => Promise<number>) | undefined) => () => Promise<void>
}

const barWidth = 24
const everyMs = { terminal: 500, elsewhere: 5_000 }

export function openProgress({
  name,
  size,
  isQuiet,
}: {
  name: string
  size: number
  isQuiet: boolean
}): ImportProgress {
  const out = process.stderr
  const startedAt = performance.now()
  let bytes = 0
  let rows = 0
  /** What was known first: of a run that goes on, rows of before are no speed. */
  let first: { rows: number; seconds: number } | undefined

  function say(): void {
    const share = size === 0 ? 1 : Math.min(1, bytes / size)
    const seconds = (performance.now() - startedAt) / 1_000
    const [fresh, taken] = [rows - (first?.rows ?? rows), seconds - (first?.seconds ?? seconds)]
    const rate = taken < 0.5 ? '' : `  ${Math.round(fresh / taken).toLocaleString('en')} rows/s`
    const counted = `${rows.toLocaleString('en')} rows${rate}`
    if (out.isTTY) {
      const full = Math.round(share * barWidth)
      const bar = '█'.repeat(full) + '░'.repeat(barWidth - full)
      out.write(`\r\u001b[K${name} ${bar} ${Math.round(share * 100)} %  ${counted}`)
    } else out.write(`${name}: ${Math.round(share * 100)} %, ${counted}\n`)
  }

  return {
    sent(more) {
      bytes += more
    },
    again() {
      bytes = 0
    },
    follow(read) {
      if (isQuiet) return () => Promise.resolve()
      let asking: Promise<void> = Promise.resolve()
      const timer = setInterval(
        () => {
          asking = (async () => {
            // Not there yet, or the server is busy: the next look says it.
            rows = (await read?.().catch(() => undefined)) ?? rows
            first ??= { rows, seconds: (performance.now() - startedAt) / 1_000 }
            say()
          })()
        },
        out.isTTY ? everyMs.terminal : everyMs.elsewhere,
      )
      return async () => {
        clearInterval(timer)
        await asking
        if (out.isTTY) out.write('\r\u001b[K')
      }
    },
  }
}
