import { readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const root = new URL('../', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, root), 'utf8')
const page = read('CONTRIBUTING.md')
const prose = page.replace(/^```.*?^```/gms, '')

/** Files and folders, from the root, without what is made. */
function pathsBelow(folder: string): string[] {
  return readdirSync(new URL(folder, root), { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', 'data', '.git', '.cache'].includes(entry.name)) return []
    const path = `${folder}${entry.name}`
    return entry.isDirectory() ? [path, ...pathsBelow(`${path}/`)] : [path]
  })
}
const paths = pathsBelow('')

/** `config.ts`, `api/*-routes.ts` or `identity/links`; not `/metrics`, not `./data`, not a name made up for an example. */
const isPath = (word: string) =>
  /^\w[\w.*-]*(\/[\w.*-]+)*\/?$/.test(word) &&
  (word.includes('/') || /\.(ts|mjs|cjs|js|json|md|sql)$/.test(word)) &&
  !/(^|\/)(NNN_|x\.)/.test(word)

function isThere(word: string): boolean {
  const name = word.replace(/\/$/, '').replaceAll('.', '\\.').replaceAll('*', '[^/]*')
  const found = new RegExp(`(^|/)${name}(\\.ts)?$`)
  return paths.some((path) => found.test(path))
}

const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

describe('what CONTRIBUTING sends its reader to is there', () => {
  test('each file and folder', () => {
    const named = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, word = '']) => word).filter(isPath)
    expect(named.length).toBeGreaterThan(50)
    expect(named.filter((word) => !isThere(word))).toEqual([])
    expect(isThere('collect/no-such-file.ts')).toBe(false)
  })

  test('each command of npm', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...page.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name)
    expect(named).toContain('dev')
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })

  test('each link, and the heading that it names', () => {
    const links = [...prose.matchAll(/\]\(([^)\s#]*)(?:#([^)\s]+))?\)/g)].map(([, file = '', anchor]) => ({
      file: file === '' ? 'CONTRIBUTING.md' : file,
      anchor,
    }))
    expect(links.length).toBeGreaterThan(5)
    const broken = links.filter(({ file, anchor }) => {
      if (!statSync(new URL(file, root), { throwIfNoEntry: false })) return true
      return anchor !== undefined && !anchorsOf(read(file)).includes(anchor)
    })
    expect(broken).toEqual([])
  })
})
