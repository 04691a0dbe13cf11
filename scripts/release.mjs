// `npm run release -- VERSION`: sets the version of all packages, dates the changelog, checks what would be published and
// tags it. `--dry-run` (no version needed) does all but write: packs, publint, attw, the tag's name and its notes.
// Publishing is .github/workflows/release.yml's, which the tag starts, for provenance needs the build to be there.
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'
import { installWhatIsMissing } from './install.mjs'
import { packageServer } from './package-server.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const args = process.argv.slice(2)
const isDry = args.includes('--dry-run')
const folders = ['.', 'schemas', 'sdk-browser', 'sdk-node', 'ingest-server', 'explorer', 'examples']
const manifests = new Map()
for (const folder of folders) {
  manifests.set(folder, JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')))
}

const present = manifests.get('.').version
const wanted = args.find((argument) => !argument.startsWith('-')) ?? (isDry ? present : undefined)
const changelog = await readFile(join(root, 'CHANGELOG.md'), 'utf8')
const problems = []

if (wanted === undefined || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(wanted))
  stop('which version? npm run release -- 1.2.3')
for (const [folder, { name, version }] of manifests) {
  if (version !== present)
    problems.push(`${folder}/package.json: ${name} is ${version}, the project is ${present}`)
}
const notes = sectionOf('Unreleased')
if (notes.trim() === '') problems.push('CHANGELOG.md: nothing stands under [Unreleased]')
if (!isDry) {
  if (run('git', ['status', '--porcelain']).trim() !== '') problems.push('the working tree has changes')
  if (run('git', ['tag', '--list', `v${wanted}`]).trim() !== '') problems.push(`the tag v${wanted} exists`)
}
if (problems.length > 0) stop(problems.join('\n'))
await installWhatIsMissing()
if (!isDry) await setVersions()

await build({ force: true, report: () => undefined })
const published = [...manifests].filter(([, manifest]) => manifest.private !== true)
for (const [folder, manifest] of published) await checkPackage(join(root, folder), manifest)
const server = await packageServer()
await checkPackage(server, JSON.parse(await readFile(join(server, 'package.json'), 'utf8')))

console.log(`\ntag      v${wanted}\nnotes\n${notes.trim()}`)
if (isDry) console.log('\ndry run: nothing was written')
else {
  run('git', ['commit', '-qam', `release: ${wanted}`])
  run('git', ['tag', '-a', `v${wanted}`, '-m', `Touchline ${wanted}\n\n${notes.trim()}`])
  console.log('\ncommitted and tagged; git push --follow-tags publishes it')
}

/** Packs it as npm would, and looks at the packed file as those who install it will. */
async function checkPackage(folder, { name, exports, repository, publishConfig }) {
  const where = await mkdtemp(join(tmpdir(), 'touchline-release-'))
  try {
    const [packed] = JSON.parse(
      run('npm', ['pack', '--json', '--silent', '--pack-destination', where], folder),
    )
    const file = join(where, packed.filename)
    if (!repository || publishConfig?.provenance !== true)
      stop(`${name}: package.json has no repository or no publishConfig.provenance`)
    run('npx', ['publint', '--strict', file])
    // Who imports nothing of it needs no types.
    if (exports !== undefined) run('npx', ['attw', file])
    const checks = exports === undefined ? 'publint' : 'publint and attw'
    console.log(
      `${name} ${wanted}: ${packed.entryCount} files, ${Math.round(packed.size / 1024)} KiB packed, ${checks} ok`,
    )
  } finally {
    await rm(where, { recursive: true, force: true })
  }
}

async function setVersions() {
  for (const [folder, manifest] of manifests) {
    manifest.version = wanted
    for (const kind of ['dependencies', 'devDependencies']) {
      for (const name of Object.keys(manifest[kind] ?? {})) {
        if (name.startsWith('@touchline/')) manifest[kind][name] = wanted
      }
    }
    await writeFile(join(root, folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  }
  run('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'])
  const day = new Date().toISOString().slice(0, 10)
  const heading = '## [Unreleased]\n'
  await writeFile(
    join(root, 'CHANGELOG.md'),
    changelog.replace(heading, `${heading}\n## [${wanted}] - ${day}\n`),
  )
}

/** What stands under a heading of the changelog. */
function sectionOf(name) {
  const start = changelog.indexOf(`## [${name}]`)
  if (start < 0) return ''
  const body = changelog.slice(changelog.indexOf('\n', start) + 1)
  const end = body.search(/^## \[/m)
  return end < 0 ? body : body.slice(0, end)
}

function run(command, commandArgs, cwd = root) {
  const { status, stdout, stderr } = spawnSync(command, commandArgs, {
    cwd,
    encoding: 'utf8',
  })
  if (status !== 0) stop(`${command} ${commandArgs.join(' ')} failed\n${stdout}${stderr}`)
  return stdout
}

function stop(words) {
  console.error(words)
  process.exit(1)
}
