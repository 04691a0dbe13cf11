// `npm run bench`: installs and builds what is missing, then runs every benchmark, or those named: `npm run bench -- collect store`.
// A benchmark is bench/<name>.ts or bench/<name>/index.ts and prints its own table beside its yardstick.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'
import { installWhatIsMissing } from './install.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const notABenchmark = new Set(['report'])

await installWhatIsMissing()
await build()
const all = readdirSync(join(root, 'bench'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() || entry.name.endsWith('.ts'))
  .map((entry) => entry.name.replace(/\.ts$/, ''))
  .filter((name) => !notABenchmark.has(name))
const words = process.argv.slice(2)
const names = words.filter((word) => all.includes(word))
const rest = words.filter((word) => !all.includes(word))
if (names.length === 0 && rest.length > 0) {
  console.error(`There is no benchmark called ${rest.join(', ')}. There are: ${all.join(', ')}.`)
  process.exit(1)
}
let failures = 0
for (const name of names.length > 0 ? names : all) {
  const file = [join('bench', `${name}.ts`), join('bench', name, 'index.ts')].find((path) =>
    existsSync(join(root, path)),
  )
  if (file === undefined) continue
  console.log(`\n# ${name}`)
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', file, ...rest], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) failures += 1
}
process.exit(failures === 0 ? 0 : 1)
