/** One run of the engine: a child process, what it last said, and how it ended. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const childFile = fileURLToPath(new URL('./engine-child.mjs', import.meta.url))

/** Enough of stderr to hold one ClickHouse error. */
const keptStderrBytes = 8_192

export interface EngineRun {
  readonly pid: number | undefined
  /** What the child wrote to stderr last. */
  lastWords(): string
  /** Resolves when the process is gone, whatever ended it. */
  readonly exited: Promise<void>
  hasExited(): boolean
  kill(): void
}

export function runEngine(library: string, engineArguments: readonly string[]): EngineRun {
  const child = spawn(process.execPath, [childFile, library, ...engineArguments], {
    // A group of its own: Ctrl-C in a terminal stops the server, which then stops the engine last.
    detached: true,
    // Stdin ends with us and so does the channel; either ends the child.
    stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
    // Nothing of our environment reaches the engine: no proxy, no configuration of a clickhouse-client.
    env: {},
  })
  let words = ''
  let gone = false
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-keptStderrBytes)
  })
  const exited = new Promise<void>((resolve) => {
    const done = () => {
      gone = true
      resolve()
    }
    child.once('close', done)
    child.once('error', (error) => {
      words += error.message
      done()
    })
  })
  // Writing to a stdin whose reader is gone is no reason to fall.
  child.stdin?.on('error', () => undefined)
  return {
    pid: child.pid,
    lastWords: () => words.trim(),
    exited,
    hasExited: () => gone,
    kill: () => void child.kill('SIGKILL'),
  }
}
