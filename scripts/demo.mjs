// `npm run demo`: installs and builds what is missing, then plays the company of examples/play-a-company.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installWhatIsMissing } from './install.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

await installWhatIsMissing()
const { build } = await import('./build.mjs')
await build()
const demo = spawn(
  process.execPath,
  ['--import', 'tsx', join(root, 'examples/play-a-company/play.ts'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
)
demo.on('exit', (code) => process.exit(code ?? 1))
