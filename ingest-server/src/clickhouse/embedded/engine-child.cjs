/**
 * The process that is the embedded ClickHouse server: it opens the library that npm `chdb` ships and calls
 * its command line entry. Plain JavaScript, so that it runs the same beside the sources and beside the build, and
 * CommonJS for confine.cjs.
 *
 *     node engine-child.cjs <start as JSON, see engine-process.ts> <argument of clickhouse local> …
 *
 * It ends with its parent in three ways: the last statement of --query waits for the end of a pipe, the channel to
 * the parent closing kills the process at once, also while queries run, and on Linux the kernel kills it, also while
 * it is frozen. SIGKILL is the normal way out: an orderly exit hangs while the engine runs.
 */
'use strict'
const { DataType, isNullPointer, load, open, restorePointer, wrapPointer } = require('ffi-rs')
const { once } = require('node:events')
const { mkdirSync, openSync, promises, rmdirSync, rmSync } = require('node:fs')
const { createServer } = require('node:net')
const { constants } = require('node:os')
const { dirname, join } = require('node:path')
const { checkConfined, confine } = require('./confine.cjs')
const { call } = require('./libc.cjs')
const { takeTerminal } = require('./terminal.cjs')

/** Of prctl. */
const setParentDeathSignal = 1

const start = JSON.parse(process.argv[2])
const workingFolder = join(start.bootFolder, 'cwd')
const gate = join(start.bootFolder, 'gate')

const die = () => process.kill(process.pid, 'SIGKILL')
process.on('disconnect', die)
if (process.platform === 'linux') call('prctl', setParentDeathSignal, constants.signals.SIGKILL, 0, 0, 0)
if (!process.connected) die()

mkdirSync(workingFolder)
process.chdir(workingFolder)
const hasTerminal = takeTerminal()
const paths = hidePaths({ [start.engineFolder]: 500, [start.bootFolder]: 501 })
const unconfined = confine({
  writable: [start.engineFolder, start.bootFolder],
  readable: [dirname(start.library)],
  ports: start.ports,
  mayConnect: start.mayConnect,
})
process.send({ unconfined, hasTerminal })
if (call('mkfifo', gate, 0o600) !== 0) throw new Error(`No named pipe can be made in ${start.bootFolder}.`)

run().catch((error) => {
  process.stderr.write(`${error.message}\n`)
  die()
})

async function run() {
  if (unconfined === undefined) await checkConfined()
  open({ library: 'engine', path: start.library })
  const interactive = hasTerminal ? ['--interactive', '--progress=off'] : []
  const argv = ['clickhouse', ...interactive, ...process.argv.slice(3).map(paths)]
  const ended = load({
    library: 'engine',
    funcName: 'chdb_query_cmdline',
    retType: DataType.External,
    paramsType: [DataType.I32, DataType.StringArray],
    paramsValue: [argv.length, argv],
    runInNewThread: true,
  })
  await Promise.race([ended, openGate()])
  process.stderr.write(`${errorOf(await ended)}\n`)
  die()
}

/**
 * The engine's first statement reads the gate, so its opening for writing waits until the engine has read its
 * configuration. What was needed to start goes then, before the first port is opened: the files with hashes of
 * passwords, and the working folder. Without a working folder the engine resolves no path that a query names:
 * the scalar function `file` and the formats that read or write files fail before they look at it, and ClickHouse
 * has neither a grant nor a setting for those.
 */
async function openGate() {
  const opened = await promises.open(gate, 'w')
  // Without a working folder the engine ends without a word, so what it would end for is looked at before.
  for (const port of start.ports) await checkFree(port)
  rmdirSync(workingFolder)
  for (const name of start.bootFiles) rmSync(name, { force: true })
  rmSync(gate)
  await opened.close()
}

/**
 * ClickHouse shows its paths to every user who selects its tables, databases and settings. Under the names of open files
 * they say nothing about this machine. The numbers are free in a process that has just begun, and stay the same.
 */
function hidePaths(numbers) {
  if (process.platform !== 'linux') return (text) => text
  for (const [folder, number] of Object.entries(numbers)) {
    if (call('dup2', openSync(folder, 'r'), number) !== number) return (text) => text
  }
  return (text) =>
    Object.entries(numbers).reduce(
      (hidden, [folder, number]) => hidden.replaceAll(folder, `/proc/self/fd/${number}`),
      text,
    )
}

async function checkFree(port) {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  await new Promise((resolve) => server.close(resolve))
}

/** What the engine says it ended for; it answers null when it has nothing to say. */
function errorOf(answer) {
  const ended = 'The engine ended.'
  if (isNullPointer(answer)) return ended
  const error = load({
    library: 'engine',
    funcName: 'chdb_result_error',
    retType: DataType.External,
    paramsType: [DataType.External],
    paramsValue: [answer],
  })
  if (isNullPointer(error)) return ended
  return restorePointer({ retType: [DataType.String], paramsValue: wrapPointer([error]) })[0]
}
