import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
// @ts-expect-error A script without types.
import { findLongFunctions, judgeLongFunctions } from './long-functions.mjs'

interface Found {
  file: string
  line: number
  says: string
}
const find = findLongFunctions as (root: string) => Promise<Found[]>
const judge = judgeLongFunctions as (
  found: readonly Found[],
  known: { listed: readonly string[]; atMost: number },
) => string | undefined

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

/** A folder of sources: each file has one function of so many lines after a first line. */
function sourcesWith(files: Record<string, { lines: number; first?: string }>): string {
  const root = mkdtempSync(join(tmpdir(), 'long-functions-'))
  roots.push(root)
  for (const [name, { lines, first = '' }] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    const body = Array.from({ length: lines - 2 }, (_, index) => `  void ${index}\n`).join('')
    writeFileSync(join(root, name), `${first}\nexport function made(): void {\n${body}}\n`)
  }
  return root
}

test('functions over 60 lines are found, in every package and whatever a comment allows', async () => {
  const root = sourcesWith({
    'server/src/room/short.ts': { lines: 60 },
    'server/src/room/long.ts': { lines: 61 },
    'server/src/room/long.test.ts': { lines: 90 },
    'pages/src/excused.tsx': { lines: 70, first: '/* eslint-disable max-lines-per-function */' },
    'scripts/long.mjs': { lines: 61 },
  })
  const script = join(root, 'scripts/long.mjs')
  writeFileSync(script, `export function made() {\n${'  void 0\n'.repeat(60)}}\n`)
  const found = await find(root)
  expect(found.map(({ file }) => file).sort()).toEqual([
    'pages/src/excused.tsx',
    'scripts/long.mjs',
    'server/src/room/long.ts',
  ])
})

const inFile = (file: string, line = 1): Found => ({ file, line, says: 'has too many lines (61)' })

test('one more fails the check, also in a file that had one', () => {
  const known = { listed: ['a.ts', 'b.ts'], atMost: 2 }
  const before = [inFile('a.ts'), inFile('b.ts')]
  expect(judge(before, known)).toBeUndefined()
  expect(judge([...before, inFile('b.ts', 200)], known)).toContain('b.ts:200')
  expect(judge([...before, inFile('c.ts')], { ...known, listed: ['a.ts', 'b.ts', 'c.ts'] })).toContain(
    '3 func',
  )
})

test('one that is gone is taken out of the list and of the number', () => {
  expect(judge([inFile('a.ts')], { listed: ['a.ts', 'b.ts'], atMost: 2 })).toContain(
    'remove from longFunctions: b.ts',
  )
  expect(judge([inFile('a.ts')], { listed: ['a.ts'], atMost: 2 })).toContain('set longFunctionsAtMost')
})
