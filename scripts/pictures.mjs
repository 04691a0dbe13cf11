// `npm run pictures`: plays the demo into a server of its own and takes the README's pictures of it: docs/pictures/*.png.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'
import { installWhatIsMissing } from './install.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, 'docs/pictures')
/** Each picture with where it is taken; undefined: where the demo's link leads. */
const pictures = [
  ['map', undefined],
  ['channels', '/channels'],
]

await installWhatIsMissing()
await build()
const { chromium } = await import('playwright-core')
const dataDir = await mkdtemp(join(tmpdir(), 'touchline-pictures-'))
const env = {
  ...process.env,
  DATA_DIR: dataDir,
  PORT: String(await freePort()),
  CLICKHOUSE_HTTP_PORT: String(await freePort()),
}
const server = spawn(process.execPath, [join(root, 'ingest-server/dist/main.js')], { env, stdio: 'ignore' })
try {
  await untilReady(`http://127.0.0.1:${env.PORT}/health/ready`)
  const link = await demoLink()
  await mkdir(folder, { recursive: true })
  await take(link)
} finally {
  server.kill('SIGTERM')
  await new Promise((resolve) => server.once('exit', resolve))
  await rm(dataDir, { recursive: true, force: true })
}

async function take(link) {
  const executablePath = [process.env.CHROME_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (path) => path && existsSync(path),
  )
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  const page = await browser.newPage({
    viewport: { width: 1280, height: 760 },
    deviceScaleFactor: 1.5,
    locale: 'en-GB',
  })
  for (const [name, path] of pictures) {
    await page.goto(path === undefined ? link : new URL(path, link).href)
    await page.waitForSelector('main[data-ready]', { timeout: 60_000 })
    if ((await page.getAttribute('main', 'data-screen')) === 'unknown') {
      console.log(`${name}: there is no such screen yet`)
      continue
    }
    await page.screenshot({ path: join(folder, `${name}.png`) })
    console.log(`docs/pictures/${name}.png`)
  }
  await browser.close()
}

/** The demo ends with a link that opens signed in on the account of 31 touches. */
function demoLink() {
  return new Promise((resolve, reject) => {
    const demo = spawn(process.execPath, [join(root, 'scripts/demo.mjs')], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    demo.stdout.on('data', (text) => (said += text))
    demo.on('exit', () => {
      const [link] = said.match(/http:\/\/\S+#code=\S+/) ?? []
      if (link === undefined) reject(new Error(`the demo printed no link:\n${said}`))
      else resolve(link)
    })
  })
}

async function untilReady(url) {
  for (let looks = 0; looks < 600; looks += 1) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('the server did not become ready')
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}
