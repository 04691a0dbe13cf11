// `npm run check`: types, lint, format, audit, in that order; all run, and any finding fails.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const bin = (name) => join(root, 'node_modules/.bin', name)

await build()
const steps = [
  ['types', bin('tsc'), ['-p', 'tsconfig.check.json']],
  ['lint', bin('eslint'), ['.', '--max-warnings', '0']],
  ['format', bin('prettier'), ['--check', '--log-level', 'warn', '.']],
]
let failures = 0
for (const [name, command, args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  console.log(`${name}: ${status === 0 ? 'ok' : 'failed'}`)
  if (status !== 0) failures += 1
}
const audit = auditDependencies()
console.log(`audit: ${audit.words}`)
if (audit.isFinding) failures += 1
process.exit(failures === 0 ? 0 : 1)

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
