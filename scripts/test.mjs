// `npm test`: installs and builds what is missing, runs the tests of every package, and ends with the real counts alone
// on a line. `--promises` runs the long ones instead (vitest.config.ts says which): attacks, kills of everything, whole
// companies; `--briefly` with few rounds of each. `npm test -- FOLDER` runs what lies in that folder, a long file where
// it is named; tests that stand beside the sources need no build.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installWhatIsMissing } from './install.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const arePromises = process.argv.includes('--promises')
const isBrief = process.argv.includes('--briefly')
const filters = process.argv.slice(2).filter((argument) => !['--promises', '--briefly'].includes(argument))
// Folders come first, then options of vitest with their values (`-t "a name"`).
const firstOption = filters.findIndex((filter) => filter.startsWith('-'))
const folders = firstOption < 0 ? filters : filters.slice(0, firstOption)

await installWhatIsMissing()
if (!areFromSources()) {
  const { build } = await import('./build.mjs')
  await build()
}

const folder = await mkdtemp(join(tmpdir(), 'touchline-test-'))
const reportFile = join(folder, 'report.json')
const promisesFile = join(folder, 'promises.ndjson')
const code = await new Promise((resolve) => {
  const vitest = spawn(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportFile}`,
      ...filters,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        PROMISES_FILE: promisesFile,
        WHICH_TESTS: which(),
        ...(arePromises && !isBrief ? { PROMISES: 'long' } : {}),
      },
    },
  )
  vitest.on('error', () => resolve(1))
  vitest.on('exit', (exitCode) => resolve(exitCode ?? 1))
})

const report = await readFile(reportFile, 'utf8').then(JSON.parse, () => undefined)
const promises = await readFile(promisesFile, 'utf8').catch(() => '')
await rm(folder, { recursive: true, force: true })
if (promises !== '') printPromises(promises)
if (report === undefined) {
  console.error('vitest left no report: it did not run to its end')
  process.exit(1)
}
// A suite that broke before its first test has no failed test to count, so it counts as one failure itself.
const brokenSuites = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length
const failed = report.numFailedTests + brokenSuites
console.log(
  `\n${report.numPassedTests} passed, ${failed} failed, ${report.numPendingTests + report.numTodoTests} skipped`,
)
process.exit(code !== 0 || failed > 0 || report.numPassedTests === 0 ? 1 : 0)

/** What is named (a long file, the beginning of a name, the folder of promises) runs, however long it takes. */
function which() {
  if (arePromises) return 'long'
  const isNamed = (folder) => /\.long\b|test\/promises/.test(folder) || !existsSync(join(root, folder))
  return folders.some(isNamed) ? 'all' : 'short'
}

/** Tests below `src` read workspaces from their sources (vitest.config.ts); the others start what was built. */
function areFromSources() {
  return folders.length > 0 && folders.every((folder) => /(^|\/)src(\/|$)/.test(folder))
}

/**
 * What became of each promise: test-support/faults/promise.ts says what recovery means. Of several faults of one kind the
 * slowest recovery is shown.
 */
function printPromises(lines) {
  const rows = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .sort((a, b) => (a.fault < b.fault ? -1 : 1))
    .map(({ fault, acknowledged, lost, twice, recoveredInSeconds }) => [
      fault,
      ...[acknowledged, lost, twice].map((count) => count.toLocaleString('en-US')),
      recoveredInSeconds === undefined ? '' : recoveredInSeconds.toFixed(1),
    ])
  const head = ['fault', 'acknowledged', 'lost', 'twice', 'recovered in s']
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at].length)))
  const cells = (row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  console.log(`\n${[head, rule, ...rows].map((row) => `| ${cells(row).join(' | ')} |`).join('\n')}`)
}
