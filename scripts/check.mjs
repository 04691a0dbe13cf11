// `npm run check`: types, lint, walls, graph, format, exceptions, audit, two at a time, each with its seconds; all
// run, or those named (`npm run check -- types lint`), and any finding fails. What did not change since the last run is
// not looked at again. Nothing is built: the types are read from the sources, and tsconfig.check.json finds what would
// break the build.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installWhatIsMissing } from './install.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const bin = (name) => join(root, 'node_modules/.bin', name)
const cache = (name) => join(root, 'node_modules/.cache', name)
const sources = ['ingest-server/src', 'schemas/src', 'sdk-browser/src', 'sdk-node/src', 'explorer/src']

await installWhatIsMissing()
const steps = [
  [
    'types',
    bin('tsc'),
    ['-p', 'tsconfig.check.json', '--incremental', '--tsBuildInfoFile', cache('types.tsbuildinfo')],
  ],
  ['lint', bin('eslint'), ['.', '--max-warnings', '0', ...cachedIn('eslint', 'content')]],
  // With the comment of the rule: what to do instead.
  [
    'walls',
    bin('depcruise'),
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', ...sources],
  ],
  ['graph', process.execPath, ['scripts/graph.mjs', '--check']],
  // Not called `prettier`: that is the folder in which prettier looks for a cache when it is run without one.
  [
    'format',
    bin('prettier'),
    ['--check', '--log-level', 'warn', '.', ...cachedIn('prettier-cache', 'content')],
    '`npm run format` writes it',
  ],
]
const checks = named(process.argv.slice(2), [
  ...steps.map(([name, command, args, remedy]) => [name, () => withCommand(command, args, remedy)]),
  ['exceptions', longFunctionsAsBefore],
  ['audit', auditDependencies],
])
let failures = 0
// Each is one thread, and the type-aware lint of everything takes a gigabyte.
await Promise.all([lane(), lane()])
process.exit(failures === 0 ? 0 : 1)

/** A misspelt name must not pass for a check without findings. */
function named(wanted, all) {
  const names = all.map(([name]) => name)
  const unknown = wanted.filter((name) => !names.includes(name))
  if (unknown.length > 0) {
    console.error(`There is no check called ${unknown.join(', ')}. There are: ${names.join(', ')}.`)
    process.exit(1)
  }
  return wanted.length === 0 ? all : all.filter(([name]) => wanted.includes(name))
}

async function lane() {
  for (let next = checks.shift(); next !== undefined; next = checks.shift()) await say(...next)
}

/** A check that breaks is a finding; those after it run all the same. */
async function say(name, check) {
  const startedAt = performance.now()
  const {
    isFinding,
    words,
    output = '',
  } = await Promise.resolve()
    .then(check)
    .catch((error) => ({ isFinding: true, words: `did not run: ${error.message}` }))
  console.log(`${name}: ${words} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  if (output.trim() !== '') console.log(output)
  if (isFinding) failures += 1
}

async function withCommand(command, args, remedy) {
  const { status, stdout, stderr } = await run(command, args)
  const isFinding = status !== 0
  const failed = remedy === undefined ? 'failed' : `failed, ${remedy}`
  return { isFinding, words: isFinding ? failed : 'ok', output: `${stdout}${stderr}` }
}

/** What it printed is kept, so that two checks do not print into each other. */
function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
}

function cachedIn(name, strategy) {
  return ['--cache', '--cache-location', cache(name), '--cache-strategy', strategy]
}

/** Functions over 60 lines: neither more than there were nor a file named that has none any more. */
async function longFunctionsAsBefore() {
  const { longFunctions } = await import('../eslint.config.js')
  const { findLongFunctions, judgeLongFunctions, longFunctionsAtMost } = await import('./long-functions.mjs')
  const found = await findLongFunctions(root)
  const wrong = judgeLongFunctions(found, { listed: longFunctions, atMost: longFunctionsAtMost })
  return { isFinding: wrong !== undefined, words: wrong ?? 'ok' }
}

// A registry that does not answer audits (mirrors often refuse them) is no finding, but nothing was looked at either.
async function auditDependencies() {
  const args = ['audit', '--json', '--fetch-retries=0']
  const { stdout } = await run('npm', args, { timeout: 60_000 })
  let answer
  try {
    answer = JSON.parse(stdout)
  } catch {
    answer = {}
  }
  const found = answer.metadata?.vulnerabilities
  if (found === undefined) {
    const why = answer.message ?? 'npm audit gave no answer'
    return { isFinding: false, words: `NOT DONE, no dependency was checked for known flaws: ${why}` }
  }
  const isFinding = found.high + found.critical > 0
  const words = isFinding ? `failed: ${found.high} high, ${found.critical} critical (npm audit)` : 'ok'
  return { isFinding, words }
}
