import { expect, test } from 'vitest'
// @ts-expect-error A script without types.
import { mutations as untyped } from './mutations.mjs'

const mutations = untyped as () => { folder: string; file: string; text: string; from: string }[]

test('each mistake that could be made by hand names one place of the sources as they are', () => {
  const all = mutations()
  expect(all.length).toBeGreaterThan(100)
  const lost = all.filter(({ text, from }) => text.split(from).length !== 2)
  expect(lost.map(({ file, from }) => `${file}: ${from}`)).toEqual([])
})

test('every folder whose rules protect somebody has mistakes, and so has every place that keeps projects apart', () => {
  const all = mutations()
  const of = (where: string) => all.filter(({ folder, file }) => folder === where || file.startsWith(where))
  const folders = ['collect', 'collect/trust', 'identity', 'log', 'erasure', 'http', 'timeline']
  for (const where of folders) expect(of(where).length, where).toBeGreaterThanOrEqual(10)
  // What once survived: a question without its project, a log that is not synced, old parts that nobody counts.
  const places = [
    'touchpoints/rows.ts',
    'timeline/search.ts',
    'api/operating/rejected-routes.ts',
    'timeline/traits.ts',
  ]
  places.push('timeline/export.ts', 'identity/people.ts', 'timeline/single-events.ts', 'erasure/proofs.ts')
  places.push('log/embedded/segment-writer.ts', 'log/embedded/handled-mark.ts', 'erasure/remaining.ts')
  for (const file of places) expect(of(file).length, file).toBeGreaterThan(0)
})
