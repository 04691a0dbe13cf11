/** The code of docs/frameworks: each file that a page names, by the section it stands in. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const docs = fileURLToPath(new URL('../../../docs/frameworks/', import.meta.url))
/** Inside the repository, so that packages are found from there. */
const cache = fileURLToPath(new URL('../../../.cache/frameworks/', import.meta.url))

export interface Section {
  page: string
  title: string
  /** Where its files lie. */
  folder: string
  /** Text by path. */
  files: Map<string, string>
}

const namedFile = /^`([\w./+-]+\.\w+)`\n\n```\w+\n([^]*?)^```/gm

/** Writes the files of every section into a folder of its own. */
export async function writeSections(): Promise<Section[]> {
  await rm(cache, { recursive: true, force: true })
  const sections: Section[] = []
  for (const page of (await readdir(docs)).filter((name) => name.endsWith('.md'))) {
    const text = await readFile(join(docs, page), 'utf8')
    for (const part of text.split(/^## /m).slice(1)) {
      const title = part.slice(0, part.indexOf('\n'))
      const files = new Map([...part.matchAll(namedFile)].map(([, path = '', code = '']) => [path, code]))
      if (files.size === 0) continue
      const folder = join(cache, title.replace(/\W+/g, '-').toLowerCase())
      sections.push({ page, title, folder, files })
      for (const [path, code] of files) await writeIn(folder, path, code)
    }
  }
  return sections
}

export async function writeIn(folder: string, path: string, text: string): Promise<string> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  return file
}

/** The code blocks of one language under a heading of a page. */
export async function blocksOf(page: string, title: string, language: string): Promise<string[]> {
  const text = await readFile(join(docs, page), 'utf8')
  const part = text.split(/^## /m).find((one) => one.startsWith(`${title}\n`)) ?? ''
  const block = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm')
  return [...part.matchAll(block)].map(([, code = '']) => code)
}
