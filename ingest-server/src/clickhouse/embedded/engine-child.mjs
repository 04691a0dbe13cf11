/**
 * The process that is the embedded ClickHouse server: it opens the library that npm `chdb` ships and calls
 * its command line entry. Plain JavaScript, so that it runs the same beside the sources and beside the build.
 *
 *     node engine-child.mjs <library> <argument of clickhouse local> …
 *
 * It ends with its parent in two ways: the last statement of --query waits for the end of stdin, and the
 * channel to the parent closing kills the process at once, also while queries run. SIGKILL is the normal
 * way out: an orderly exit hangs while the engine runs.
 */
import { DataType, isNullPointer, load, open, restorePointer, wrapPointer } from 'ffi-rs'

const [library, ...engineArguments] = process.argv.slice(2)
const die = () => process.kill(process.pid, 'SIGKILL')
process.on('disconnect', die)
if (!process.connected) die()

open({ library: 'engine', path: library })
const argv = ['clickhouse', ...engineArguments]
const result = await load({
  library: 'engine',
  funcName: 'chdb_query_cmdline',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [argv.length, argv],
  runInNewThread: true,
})
process.stderr.write(`${errorOf(result)}\n`)
die()

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
