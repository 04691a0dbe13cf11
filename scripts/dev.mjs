// `npm run dev`: the whole server in one process from the sources, started anew whenever one of them is saved.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installWhatIsMissing } from './install.mjs'
import { watchPages } from './watch-pages.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
await installWhatIsMissing()
// t.js is served as it is built; `npm run build --workspace sdk-browser` makes it anew.
const { build } = await import('./build.mjs')
await build()

const watched = ['ingest-server/src', 'schemas/src'].map((folder) => `--include=${folder}/**/*`)
const server = spawn(
  process.execPath,
  [
    join(root, 'node_modules/tsx/dist/cli.mjs'),
    'watch',
    '--clear-screen=false',
    ...watched,
    '--conditions=source',
    'ingest-server/src/main.ts',
  ],
  { cwd: root, stdio: 'inherit' },
)
// The Explorer's pages are built anew when one of its files is saved: the policy that they are served with allows no
// scripts that change in place, so the page is loaded again by hand.
const pages = watchPages()
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    server.kill(signal)
    pages.kill(signal)
  })
server.on('exit', (code, signal) => {
  pages.kill()
  process.exit(signal === null ? (code ?? 1) : 0)
})
