/** One run of the engine: a child process, what it last said, and how it ended. */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { EngineStart } from './engine-files.js'

const childFile = fileURLToPath(new URL('./engine-child.cjs', import.meta.url))

/** Enough of stderr to hold one ClickHouse error. */
const keptStderrBytes = 8_192

export interface EngineRun {
  readonly pid: number | undefined
  /** What the child wrote to stderr last. */
  lastWords(): string
  /** Resolves when the process is gone, whatever ended it. */
  readonly exited: Promise<void>
  hasExited(): boolean
  /** What the operating system does not give the child, see engine-child.cjs; empty until it has said. */
  lacks(): readonly string[]
  kill(): void
}

export function runEngine(library: string, start: EngineStart): EngineRun {
  const { arguments: engineArguments, ...reach } = start
  const startMessage = JSON.stringify({ library, ...reach })
  const child = spawn(process.execPath, [childFile, startMessage, ...engineArguments], {
    // A group of its own: Ctrl-C in a terminal stops the server, which then stops the engine last.
    detached: true,
    // The channel ends with us and so does the pipe after it; either ends the child.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    // Nothing of our environment reaches the engine: no proxy, no configuration of a clickhouse-client.
    env: {},
  })
  let words = ''
  let gone = false
  let lacks: string[] = []
  child.on('message', ({ unconfined, hasTerminal }: { unconfined?: string; hasTerminal: boolean }) => {
    lacks = [
      ...(unconfined === undefined ? [] : [`${unconfined}: its own rules alone keep it to its folder`]),
      ...(hasTerminal ? [] : ['no pseudo-terminal: a connection that fails ends it, and it starts again']),
    ]
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-keptStderrBytes)
  })
  const kill = () => void child.kill('SIGKILL')
  // However this process comes to its end: an engine that hangs hears of no pipe or channel that closes.
  process.once('exit', kill)
  const exited = new Promise<void>((resolve) => {
    const done = () => {
      gone = true
      process.off('exit', kill)
      rmSync(start.bootFolder, { recursive: true, force: true })
      resolve()
    }
    child.once('close', done)
    child.once('error', (error) => {
      words += error.message
      done()
    })
  })
  // Nothing is written to it; that its reader is gone is no reason to fall.
  child.stdio[4]?.on('error', () => undefined)
  return {
    pid: child.pid,
    lastWords: () => words.trim(),
    exited,
    hasExited: () => gone,
    lacks: () => lacks,
    kill,
  }
}
