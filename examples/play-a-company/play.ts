/**
 * `npm run demo`: plays the company into a running server, or starts one first, and prints three timelines worth
 * opening and the answers worth seeing. Playing it twice changes nothing: every event keeps its id. It is a project of its own, `demo`: no
 * invented company comes among real ones, and its keys do not depend on those of the environment.
 * `npm run demo -- --help` says what it takes.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { companyOf } from './company.js'
import { dayMs } from './journey.js'
import { demoKey, removeDemo } from './demo-project.js'
import { answersOf, handoffsOf, placesToLook } from './answers.js'
import { definitions } from './definitions.js'
import { importEvents, send, signInLink, summaryOf, untilKnown, untilWon } from './server-calls.js'
import { programAtWork } from './program.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const usage = `npm run demo -- [options]

  --seed 7                another company; 1 unless said
  --last-day 2026-11-01   the day on which its fourteen months end; today unless said
  --key sk_…              into a server whose DATA_DIR is on another machine
  --remove                takes all of it away again
  --help                  this text`
// The first start of an embedded ClickHouse takes seconds, on a busy machine a minute.
const readyWithinMs = 180_000
const values = readOptions()
if (values.help) {
  console.log(usage)
  process.exit(0)
}
const lastDay = values['last-day'] ? Date.parse(values['last-day']) : Math.floor(Date.now() / dayMs) * dayMs
if (Number.isNaN(lastDay)) {
  console.error(`--last-day ${values['last-day']} is not a date; write it as 2026-11-01`)
  process.exit(1)
}
const seed = Number(values.seed ?? 1)
if (!Number.isSafeInteger(seed)) {
  console.error(`--seed ${values.seed} is not a whole number`)
  process.exit(1)
}

const url = process.env.TOUCHLINE_URL ?? `http://127.0.0.1:${process.env.PORT ?? '8484'}`
const dataDir = process.env.DATA_DIR ?? join(root, 'data')
if (values.remove) {
  console.log(await removeDemo({ dataDir, root }))
  process.exit(0)
}
// One that is still starting is there, and holds the folder: it is waited for.
const started = (await answers(url, 'live')) ? undefined : startServer(url)
await untilReady(url, started)
const secretKey = values.key ?? (await demoKey({ dataDir, root }))
await untilKnown({ url, secretKey })

const company = companyOf({ seed, lastDay })
console.log(`playing ${company.events.length} events of fourteen months into ${url} …`)
await importEvents({
  url,
  secretKey,
  events: company.events,
  report: (sent) => console.log(`  ${sent} sent`),
})

for (const [path, body] of Object.entries(definitions))
  await send({ url, secretKey }, { method: 'PUT', path: `/v1/definitions/${path}`, body })
await send({ url, secretKey }, { method: 'POST', path: '/v1/costs', body: { rows: company.costs } })

console.log('\nThree timelines worth opening:')
for (const { path, why } of company.worthOpening) {
  const summary = await summaryOf({ url, secretKey, path })
  console.log(`\n  ${why}\n  → ${summary}\n  curl -u ${secretKey}: '${url}${path}'`)
}

await untilWon({ url, secretKey }, company.won)
console.log(`\n${(await answersOf({ url, secretKey })).join('\n')}`)
console.log(`\n${(await handoffsOf({ url, secretKey })).join('\n')}`)
console.log(
  `\n${(
    await programAtWork(
      { url, secretKey },
      company.worthOpening.map(({ path }) => path),
    )
  ).join('\n')}`,
)
console.log('\nMore to ask:')
for (const path of placesToLook) console.log(`  curl -u ${secretKey}: '${url}${path}'`)

const link = await signInLink({ url, secretKey }, company.firstToSee)
if (link !== undefined)
  console.log(`\nSee it: the account of 31 touches, signed in (good once, for 10 minutes)\n  ${link}`)

if (started) {
  console.log(`\nThe server stays up at ${url}; Ctrl-C ends it. Its data stays in ${dataDir}.`)
  const stop = () => started.kill('SIGTERM')
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  await new Promise((resolve) => started.once('exit', resolve))
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string' },
        'last-day': { type: 'string' },
        key: { type: 'string' },
        remove: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    process.exit(1)
  }
}

async function answers(at: string, health: 'live' | 'ready'): Promise<boolean> {
  return fetch(`${at}/health/${health}`).then(
    (answer) => answer.ok,
    () => false,
  )
}

function startServer(at: string): ChildProcess {
  console.log(`nothing answers at ${at}: starting a server there …`)
  return spawn(process.execPath, [join(root, 'scripts/start.mjs')], {
    cwd: root,
    stdio: 'inherit',
    detached: true,
  })
}

/** A server that ends, or is not ready within minutes, has said why itself, or says it when asked. */
async function untilReady(at: string, child: ChildProcess | undefined): Promise<void> {
  for (const startedAt = performance.now(); !(await answers(at, 'ready')); await pause(100)) {
    const ended = child?.exitCode ?? null
    if (ended === null && performance.now() - startedAt < readyWithinMs) continue
    console.error(
      ended === null
        ? `the server at ${at} is not ready; ${at}/health/ready says why`
        : `the server ended with ${ended}; why stands above`,
    )
    process.exit(1)
  }
}
