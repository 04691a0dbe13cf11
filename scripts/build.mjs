// Builds what is stale: a package is stale when one of its inputs is newer than its last finished build.
// Run as `npm run build`, and by `npm start` and `npm test`; `--force` builds everything.
import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const tsc = join(root, 'node_modules/typescript/bin/tsc')

// In the order in which they need each other. `assets` are copied beside the compiled code.
const packages = [
  {
    name: 'schemas',
    inputs: ['schemas/src', 'schemas/tsconfig.json'],
    make: () => node([tsc, '-b', 'schemas']),
  },
  {
    name: 'ingest-server',
    inputs: ['ingest-server/src', 'ingest-server/tsconfig.json', 'schemas/src'],
    make: async () => {
      await copyAssets('ingest-server/src', 'ingest-server/dist')
      await node([tsc, '-b', 'ingest-server'])
      // npm links `touchline` to it at install, when it is not there yet to be made executable.
      await chmod(join(root, 'ingest-server/dist/cli.js'), 0o755)
    },
  },
  {
    name: 'sdk-browser',
    inputs: [
      'sdk-browser/src',
      'sdk-browser/scripts',
      'sdk-browser/package.json',
      'sdk-browser/rollup.config.mjs',
      'schemas/src',
    ],
    make: () => npmBuild('sdk-browser'),
  },
  {
    name: 'sdk-node',
    inputs: ['sdk-node/src', 'sdk-node/package.json', 'sdk-node/tsup.config.ts', 'schemas/src'],
    make: () => npmBuild('sdk-node'),
  },
  {
    name: 'explorer',
    // Of the schemas it takes types only, so a change there changes nothing that is built here.
    inputs: [
      'explorer/src',
      'explorer/index.html',
      'explorer/vite.config.ts',
      'explorer/vite-words.ts',
      'explorer/package.json',
    ],
    make: () => npmBuild('explorer'),
  },
]

/** Builds every stale package; `report` is told what is being built, a line each. */
export async function build({ force = false, report = console.log } = {}) {
  for (const { name, inputs, make } of packages) {
    const stamp = join(root, name, 'dist', '.built')
    // Taken before the build, so that a source saved while it runs is seen as newer next time.
    const startedAt = new Date()
    if (!force && (await newest(inputs)) <= (await modifiedAt(stamp))) continue
    report(`building ${name} …`)
    await make()
    await mkdir(dirname(stamp), { recursive: true })
    await writeFile(stamp, '')
    await utimes(stamp, startedAt, startedAt)
  }
}

/** What has no source any more goes too: the server runs every migration that it finds. */
async function copyAssets(from, to) {
  const assetsIn = async (folder) => {
    const files = await readdir(join(root, folder), { recursive: true }).catch(() => [])
    return files.filter((name) => /\.(sql|mjs|cjs|xml|html|css)$/.test(name))
  }
  const wanted = new Set(await assetsIn(from))
  for (const file of await assetsIn(to)) if (!wanted.has(file)) await rm(join(root, to, file))
  for (const file of wanted) await cp(join(root, from, file), join(root, to, file))
}

async function newest(inputs) {
  const times = await Promise.all(
    inputs.map(async (input) => {
      const path = join(root, input)
      const isFolder = await stat(path).then(
        (s) => s.isDirectory(),
        () => false,
      )
      if (!isFolder) return modifiedAt(path)
      const files = await readdir(path, { recursive: true })
      const modified = await Promise.all(
        files.filter((file) => !file.endsWith('.test.ts')).map((file) => modifiedAt(join(path, file))),
      )
      return Math.max(0, ...modified)
    }),
  )
  return Math.max(...times)
}

const modifiedAt = (path) =>
  stat(path).then(
    (s) => s.mtimeMs,
    () => 0,
  )
const npmBuild = (name) => run('npm', ['run', '--silent', 'build', '--workspace', name])
const node = (args) => run(process.execPath, args)

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', reject)
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args.join(' ')} exited with ${code}`)),
    )
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build({ force: process.argv.includes('--force') })
}
