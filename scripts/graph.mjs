// `npm run graph`: which folder of the server imports which, as the code is now, from below to above.
// `npm run graph -- collect` draws the sub-folders of a folder. `--write` puts the graph into CONTRIBUTING.md, `--check`
// fails where that page shows another one.
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installWhatIsMissing } from './install.mjs'

await installWhatIsMissing()
const { cruise } = await import('dependency-cruiser')

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs')
const room = process.argv.slice(2).find((word) => !word.startsWith('--'))
const server = room === undefined ? 'ingest-server/src/' : `ingest-server/src/${room}/`
const page = join(root, 'CONTRIBUTING.md')
const [begin, end] = ['<!-- graph: written by npm run graph -- --write -->\n', '<!-- /graph -->']

const drawn = await draw()
if (process.argv.includes('--write')) {
  await writeFile(page, withGraph(await readFile(page, 'utf8'), drawn))
} else if (process.argv.includes('--check')) {
  const text = await readFile(page, 'utf8')
  if (withGraph(text, drawn) !== text) {
    console.error('CONTRIBUTING.md shows another graph of folders: npm run graph -- --write')
    process.exit(1)
  }
} else console.log(drawn)

/** A line a folder of the server, or a sub-folder of the one that was named, with the folders that it imports; each stands below all that import it. */
async function draw() {
  process.chdir(root)
  const { enhancedResolveOptions, ...rest } = options
  const { output } = await cruise(
    ['ingest-server/src'],
    // A cache of its own: that of the walls is thrown away by a run with other options.
    { ...rest, ruleSet: undefined, cache: { ...rest.cache, folder: `${rest.cache.folder}-graph` } },
    enhancedResolveOptions,
  )
  const imports = new Map()
  for (const { source, dependencies } of output.modules) {
    const from = folderOf(source)
    if (from === undefined) continue
    if (!imports.has(from)) imports.set(from, new Set())
    for (const { resolved } of dependencies) {
      const to = folderOf(resolved)
      if (to !== undefined && to !== from) imports.get(from).add(to)
    }
  }
  if (imports.size === 0) throw new Error(`${server} has no sub-folders`)
  const width = Math.max(...[...imports.keys()].map((name) => name.length))
  const lines = fromBelow(imports).map((name) => {
    const to = [...imports.get(name)].sort()
    return to.length === 0 ? name : `${name.padEnd(width)}  →  ${to.join(', ')}`
  })
  return lines.join('\n')
}

/** Undefined for files directly in the server's root or in the room, and for what is elsewhere. */
function folderOf(path) {
  if (!path.startsWith(server)) return undefined
  const parts = path.slice(server.length).split('/')
  return parts.length > 1 ? parts[0] : undefined
}

/** Folders so that each comes after all that it imports; throws where two import each other. */
function fromBelow(imports) {
  const order = []
  const waiting = new Set([...imports.keys()].sort())
  while (waiting.size > 0) {
    const next = [...waiting].filter((name) => [...imports.get(name)].every((to) => !waiting.has(to)))
    if (next.length === 0) throw new Error(`these folders import each other: ${[...waiting].join(', ')}`)
    for (const name of next) waiting.delete(name)
    order.push(...next)
  }
  return order
}

/** Only the graph's own place: how the rest of the page is set is no finding of this check. */
function withGraph(text, graph) {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < 0) throw new Error('CONTRIBUTING.md has no place for the graph')
  const shown = `${begin}\n\`\`\`\n${graph}\n\`\`\`\n\n`
  return text.slice(0, from) + shown + text.slice(to)
}
