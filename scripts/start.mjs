// `npm start`: installs what is missing, builds what is stale, then runs the server in this process.
// Nothing but Node itself is needed before the first line below has run.
import { readFileSync } from 'node:fs'
import { installWhatIsMissing } from './install.mjs'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Touchline needs Node 20.19 or newer; this is ${process.version}.`)
  process.exit(1)
}

// So that `npm run demo` can show deliveries: only what belongs to project demo may name it.
const { name, secret } = JSON.parse(
  readFileSync(new URL('../examples/play-a-company/demo-secret.json', import.meta.url), 'utf8'),
)
process.env[name] ??= secret

await installWhatIsMissing()
const { build } = await import('./build.mjs')
await build()
await import('../ingest-server/dist/main.js')
