// The package `touchline`, as a folder that npm packs and publishes: the server with the Explorer and the browser SDK
// that it serves, laid out beside each other as they are built here, so that nothing in them knows that it was packed.
// `node scripts/package-server.mjs [FOLDER]` fills FOLDER (.cache/packages/touchline) and prints its path; build first.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
export const defaultFolder = join(root, '.cache', 'packages', 'touchline')

/** What of each workspace is packed, and where it lies. Types and source maps are for those who build. */
const parts = [
  { from: 'ingest-server/dist', files: /\.(js|cjs|mjs|sql|xml|html|css)$/ },
  { from: 'explorer/dist', files: /^(?!\.)(?!.*\/\.)/ },
  { from: 'sdk-browser/dist', files: /^(t(\.[a-z]+)?|stub)\.js$/ },
  { from: 'schemas/dist', files: /\.js$/, to: 'node_modules/@touchline/schemas/dist' },
]

export async function packageServer(folder = defaultFolder) {
  await rm(folder, { recursive: true, force: true })
  for (const { from, files, to = from } of parts) {
    const found = await filesBelow(join(root, from))
    const wanted = found.filter((name) => files.test(name))
    if (wanted.length === 0) throw new Error(`${from} has nothing to pack: run npm run build first`)
    for (const name of wanted) {
      await mkdir(dirname(join(folder, to, name)), { recursive: true })
      await cp(join(root, from, name), join(folder, to, name))
    }
  }
  const [whole, server, schemas, lock] = await Promise.all(
    ['package.json', 'ingest-server/package.json', 'schemas/package.json', 'package-lock.json'].map(readJson),
  )
  await writeJson(join(folder, 'package.json'), manifestOf(whole, server, lock))
  // The server says its version by it.
  const { name, version, type } = server
  await writeJson(join(folder, 'ingest-server', 'package.json'), { name, version, private: true, type })
  await writeJson(join(folder, 'node_modules/@touchline/schemas/package.json'), bundledOf(schemas))
  await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  await cp(join(root, 'ingest-server', 'README.md'), join(folder, 'README.md'))
  return folder
}

function manifestOf({ description, engines, license, homepage, bugs }, server, lock) {
  const { version, repository } = server
  const pinned = (wanted) =>
    Object.fromEntries(Object.keys(wanted).map((name) => [name, lockedAt(name, lock)]))
  return {
    ...{ name: 'touchline', version, license, repository, bugs, homepage },
    publishConfig: { access: 'public', provenance: true },
    type: 'module',
    description,
    keywords: [
      'analytics',
      'attribution',
      'clickhouse',
      'customer-journey',
      'identity-resolution',
      'segment',
    ],
    bin: { touchline: 'ingest-server/dist/cli.js' },
    files: ['ingest-server/dist', 'ingest-server/package.json', 'explorer/dist', 'sdk-browser/dist'],
    engines,
    // What was tested: a release works as long as it is there, whatever its dependencies bring later.
    dependencies: pinned(server.dependencies),
    optionalDependencies: pinned(server.optionalDependencies),
    // Not published by itself: it is the inside of all packages, and changes with them.
    bundleDependencies: ['@touchline/schemas'],
  }
}

function lockedAt(name, { packages }) {
  const locked = packages[`ingest-server/node_modules/${name}`] ?? packages[`node_modules/${name}`]
  return (locked?.link === true ? packages[locked.resolved] : locked).version
}

/** Without the sources, which are not packed. */
function bundledOf({ name, version, license, type, exports, dependencies }) {
  const built = Object.entries(exports).map(([path, { default: file }]) => [path, file])
  return { name, version, license, type, exports: Object.fromEntries(built), dependencies }
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

const readJson = async (path) => JSON.parse(await readFile(join(root, path), 'utf8'))
const writeJson = (path, value) => writeFile(path, `${JSON.stringify(value, null, 2)}\n`)

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await packageServer(process.argv[2]))
