// `npm run check`: types, lint, walls, format, audit, in that order; all run, and any finding fails. What did not change
// since the last run is not looked at again.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import { build } from './build.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const bin = (name) => join(root, 'node_modules/.bin', name)
const cache = (name) => join(root, 'node_modules/.cache', name)
const sources = ['ingest-server/src', 'schemas/src', 'sdk-browser/src', 'sdk-node/src']

await build()
const steps = [
  [
    'types',
    bin('tsc'),
    ['-p', 'tsconfig.check.json', '--incremental', '--tsBuildInfoFile', cache('types.tsbuildinfo')],
  ],
  ['lint', bin('eslint'), ['.', '--max-warnings', '0', ...cachedIn('eslint', 'content')]],
  ['walls', bin('depcruise'), ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', ...sources]],
  ['graph', process.execPath, ['scripts/graph.mjs', '--check']],
  ['format', bin('prettier'), ['--check', '--log-level', 'warn', '.', ...cachedIn('prettier', 'content')]],
]
let failures = 0
for (const [name, command, args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  say(name, status === 0 ? 'ok' : 'failed', status !== 0)
}
const short = await exceptionsThatAreShort()
say(
  'exceptions',
  short.length === 0 ? 'ok' : `no longer needed, remove from longFunctions: ${short.join(', ')}`,
  short.length > 0,
)
const audit = auditDependencies()
say('audit', audit.words, audit.isFinding)
process.exit(failures === 0 ? 0 : 1)

function say(name, words, isFinding) {
  console.log(`${name}: ${words}`)
  if (isFinding) failures += 1
}

function cachedIn(name, strategy) {
  return ['--cache', '--cache-location', cache(name), '--cache-strategy', strategy]
}

/** Files that the lint lets have long functions and that have none any more. */
async function exceptionsThatAreShort() {
  const { longFunctions } = await import('../eslint.config.js')
  const strict = new ESLint({
    cwd: root,
    overrideConfigFile: true,
    overrideConfig: [
      {
        files: ['**/*.ts'],
        languageOptions: { parser: (await import('typescript-eslint')).default.parser },
        rules: { 'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }] },
      },
    ],
  })
  const results = await strict.lintFiles(longFunctions)
  return longFunctions.filter(
    (file) => !results.some((result) => result.filePath.endsWith(file) && result.errorCount > 0),
  )
}

// A registry that does not answer audits (mirrors often refuse them) is no finding, but nothing was looked at either.
function auditDependencies() {
  const args = ['audit', '--json', '--fetch-retries=0']
  const { stdout, error } = spawnSync('npm', args, { cwd: root, encoding: 'utf8', timeout: 60_000 })
  let answer
  try {
    answer = JSON.parse(stdout)
  } catch {
    answer = {}
  }
  const found = answer.metadata?.vulnerabilities
  if (found === undefined) {
    const why = answer.message ?? error?.message ?? 'npm audit gave no answer'
    return { isFinding: false, words: `NOT DONE, no dependency was checked for known flaws: ${why}` }
  }
  const isFinding = found.high + found.critical > 0
  const words = isFinding ? `failed: ${found.high} high, ${found.critical} critical (npm audit)` : 'ok'
  return { isFinding, words }
}
