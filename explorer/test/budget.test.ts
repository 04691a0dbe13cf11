import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Chunk {
  file: string
  imports?: string[]
  dynamicImports?: string[]
  isEntry?: boolean
}
const dist = new URL('../dist/', import.meta.url)
const chunks = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8')) as Record<string, Chunk>
const kilobytes = (files: Iterable<string>) =>
  [...files].reduce((sum, file) => sum + readFileSync(new URL(`${file}.gz`, dist)).length / 1_000, 0)
const scripts = (keys: Iterable<string>) =>
  new Set([...keys].map((key) => chunks[key]?.file ?? '').filter((file) => file.endsWith('.js')))

function withImports(key: string, seen = new Set<string>()): Set<string> {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const other of chunks[key]?.imports ?? []) withImports(other, seen)
  return seen
}

// Twice the goals of the design: 25 KB for the first screen, 80 for everything, 12 for the map.
test('the script of the first screen, of the map and of everything stay within twice their budgets', () => {
  const first = kilobytes(
    scripts([...withImports('index.html'), ...withImports('src/screens/accounts/index.tsx')]),
  )
  const map = Object.values(chunks).find(({ file }) => /journey-map\.[^/]*\.js$/.test(file))?.file ?? ''
  expect(first).toBeLessThan(50)
  expect(kilobytes([map])).toBeLessThan(24)
  expect(kilobytes(scripts(Object.keys(chunks)))).toBeLessThan(160)
})

test('no script but that of the Japanese words holds Japanese, so that nobody fetches another language than theirs', () => {
  const isJapanese = (file: string) => /[\u3040-\u30ff]{4}/.test(readFileSync(new URL(file, dist), 'utf8'))
  const files = [...scripts(Object.keys(chunks))]
  expect(files.filter(isJapanese).map((file) => file.replace(/\..*/, ''))).toEqual(['assets/japanese'])
})

test('no page asks another host for anything, and nothing is inline', () => {
  const page = readFileSync(new URL('index.html', dist), 'utf8')
  expect(page).not.toMatch(/<style|style=|<script(?![^>]* src=)|https?:\/\//)
})
