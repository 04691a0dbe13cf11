/**
 * `beforeExit` fires when nothing else keeps the process alive, and again after each piece of work that it
 * started. Every client flushes then, once for what it holds; what the server does not take in that time is
 * given up, for a process must be able to end.
 */
interface Line {
  waiting(): number
  acceptedUpTo(): number
  flush(): Promise<{ pending: number }>
  giveUp(pending: number): void
}

const lines = new Map<Line, { triedUpTo: number }>()

/** Flushes the line before the process exits. Returns the way out. */
export function beforeExit(line: Line): () => void {
  // One listener for all clients: Node warns of a leak at eleven.
  if (lines.size === 0) process.on('beforeExit', flushAll)
  lines.set(line, { triedUpTo: -1 })
  return () => {
    lines.delete(line)
    if (lines.size === 0) process.off('beforeExit', flushAll)
  }
}

function flushAll(): void {
  for (const [line, state] of lines) {
    if (line.acceptedUpTo() <= state.triedUpTo) continue
    state.triedUpTo = line.acceptedUpTo()
    // A listener after this one may still track: one more turn of the loop brings a beforeExit that sees it.
    setImmediate(() => undefined)
    if (line.waiting() === 0) continue
    void line.flush().then(({ pending }) => {
      if (pending > 0) line.giveUp(pending)
    })
  }
}
