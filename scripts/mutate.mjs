/**
 * What do the tests prove? Each mutation of scripts/mutations.mjs changes one place of the sources as a mistake would, and
 * the tests named with it must fail. Prints who survived, and the score of each folder.
 *
 *     npm run mutate                         all of them: hours
 *     npm run mutate -- identity log         those of these folders
 *     npm run mutate -- collect/trust http/operator.ts    those of files whose path begins so
 *     npm run mutate -- --every 10           each tenth
 *     npm run mutate -- --list               what there is, and whether each place is still there
 *
 * One takes as long as its tests: seconds, or minutes where they start real servers.
 *
 * Sources are changed in place, one at a time, and put back however it ends: run it in a worktree of its own.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mutations } from './mutations.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = `${root}ingest-server/src/`
const { values, positionals: places } = parseArgs({
  allowPositionals: true,
  options: { every: { type: 'string', default: '1' }, list: { type: 'boolean', default: false } },
})
const limitMs = 10 * 60_000

const chosen = mutations()
  .filter(
    ({ folder, file }) =>
      places.length === 0 ||
      places.some((place) => place === folder || (place.includes('/') && file.startsWith(place))),
  )
  .filter((_, index) => index % Number(values.every) === 0)

/** A mutation that names no place, or several, proves nothing. */
const lost = chosen.filter(({ text, from }) => text.split(from).length !== 2)
for (const { file, from } of lost) console.error(`not one place in ${file}: ${from}`)
if (lost.length > 0) process.exit(1)
if (values.list) {
  for (const { folder, file, from, to } of chosen)
    console.log(`${folder}\t${file}\t${JSON.stringify(from)} → ${JSON.stringify(to)}`)
  process.exit(0)
}

const run = (command, args) =>
  spawnSync(command, args, { cwd: root, stdio: 'ignore', timeout: limitMs, killSignal: 'SIGKILL' }).status ===
  0

const score = new Map()
let current
const putBack = () => current && writeFileSync(current.path, current.text)
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    putBack()
    process.exit(1)
  })

for (const [index, { folder, file, text, from, to, tests, isBuilt }] of chosen.entries()) {
  const path = sources + file
  console.log(`${index + 1} of ${chosen.length}: ${file}, tests of ${tests.join(' ')} …`)
  current = { path, text }
  writeFileSync(
    path,
    text.replace(from, () => to),
  )
  let passed
  try {
    // What does not even build is no mistake that anybody could make.
    passed = (!isBuilt || run('node', ['scripts/build.mjs'])) && run('npx', ['vitest', 'run', ...tests])
  } finally {
    putBack()
    current = undefined
  }
  const of = score.get(folder) ?? { killed: 0, all: 0 }
  score.set(folder, { killed: of.killed + (passed ? 0 : 1), all: of.all + 1 })
  console.log(`${passed ? 'SURVIVED' : 'killed  '} ${file}: ${from.trim()} → ${to.trim()}`)
}
if (chosen.some(({ isBuilt }) => isBuilt)) run('node', ['scripts/build.mjs'])

console.log('\nfolder       killed   of')
for (const [folder, { killed, all }] of [...score].sort()) {
  const percent = Math.round((100 * killed) / all)
  console.log(`${folder.padEnd(12)} ${String(killed).padStart(6)} ${String(all).padStart(4)}   ${percent} %`)
}
process.exitCode = [...score.values()].every(({ killed, all }) => killed === all) ? 0 : 1
