/** A gate before a server: lets connections through, refuses them, or keeps the answers to itself. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface Gate {
  readonly url: string
  open(): Promise<void>
  /** Refuses: nobody listens, and what was connected is cut off. */
  close(): Promise<void>
  /** What is asked goes through, and no answer comes back until what is connected is cut off by `close`. */
  holdAnswers(): void
}

/** Closed at first. `port` must be free. */
export function createGate(port: number, targetUrl: string): Gate {
  const target = new URL(targetUrl)
  const sockets = new Set<Socket>()
  let server: Server | undefined
  let isHolding = false
  const join = (from: Socket, to: Socket, isAnswer: boolean) => {
    sockets.add(from)
    from.on('data', (bytes) => {
      if (!(isAnswer && isHolding)) to.write(bytes)
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }
  return {
    url: `http://127.0.0.1:${port}`,
    open: () =>
      new Promise((resolve, reject) => {
        server = createServer((client) => {
          const upstream = connect(Number(target.port), target.hostname)
          join(client, upstream, false)
          join(upstream, client, true)
        })
        server.once('error', reject)
        server.listen(port, '127.0.0.1', resolve)
      }),
    holdAnswers() {
      isHolding = true
    },
    async close() {
      isHolding = false
      const closing = server
      server = undefined
      if (closing === undefined) return
      const closed = new Promise<void>((resolve) => closing.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
