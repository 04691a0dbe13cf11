import { expect, test } from 'vitest'
// @ts-expect-error A script without types.
import { mutations as untyped } from './mutations.mjs'

const mutations = untyped as () => { file: string; text: string; from: string }[]

test('each mistake that could be made by hand names one place of the sources as they are', () => {
  const all = mutations()
  expect(all.length).toBeGreaterThan(100)
  const lost = all.filter(({ text, from }) => text.split(from).length !== 2)
  expect(lost.map(({ file, from }) => `${file}: ${from}`)).toEqual([])
})
