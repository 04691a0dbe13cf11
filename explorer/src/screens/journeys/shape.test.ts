import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flowOf, median, pathsThrough, silencesByStage } from './shape.js'

const channels = [
  'Email',
  'Direct',
  'Paid Search',
  'Referral',
  'Display',
  'SMS',
  'Audio',
  'CRM',
  'Offline',
  'Sales',
]
const anyPath = fc
  .record({
    steps: fc.array(fc.constantFrom(...channels), { minLength: 1, maxLength: 5 }),
    subjects: fc.integer({ min: 1, max: 500 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ steps, subjects, share }) => ({
    steps,
    subjects,
    converted: Math.floor(subjects * share),
    rate: null,
    medianDays: null,
  }))

describe('the flow of first steps', () => {
  test('what comes into a step leaves it, and everybody who walks a path is in it', () => {
    fc.assert(
      fc.property(fc.array(anyPath, { minLength: 1, maxLength: 60 }), (paths) => {
        const { nodes, links } = flowOf(paths)
        const sum = (key: 'source' | 'target', id: string) =>
          links.filter((link) => link[key] === id).reduce((total, { value }) => total + value, 0)
        for (const { id, depth, name } of nodes) {
          const [into, outOf] = [sum('target', id), sum('source', id)]
          if (depth > 0 && !['(conversion)', '(end)', '(further)'].includes(name)) expect(outOf).toBe(into)
          const through = pathsThrough(paths, id)
          expect(through.length).toBeGreaterThan(0)
        }
        const began = nodes
          .filter(({ depth }) => depth === 0)
          .reduce((total, { id }) => total + sum('source', id), 0)
        const all = paths.reduce((total, { subjects }) => total + subjects, 0)
        expect(began).toBe(all)
        const ended = links
          .filter(({ target }) => target.includes('('))
          .filter(({ target }) => !target.endsWith('(others)'))
          .reduce((total, { value }) => total + value, 0)
        expect(ended).toBe(all)
        for (const { source, target } of links)
          expect(Number.parseInt(target)).toBe(Number.parseInt(source) + 1)
      }),
    )
  })

  test('no column has more than seven steps of its own', () => {
    const paths = channels.map((name, index) => ({
      steps: [name],
      subjects: index + 1,
      converted: 0,
      rate: 0,
      medianDays: null,
    }))
    const { nodes } = flowOf(paths)
    expect(nodes.filter(({ depth }) => depth === 0)).toHaveLength(7)
    expect(nodes.map(({ name }) => name)).toContain('(others)')
  })
})

test('silences stand in the order of the stages; one before any stage stands first', () => {
  const gap = (stage: string | null, days: number) => ({
    subject: 's',
    from: '',
    to: null,
    days,
    isOpen: true,
    stage,
    silentDays: null,
  })
  const rows = silencesByStage(
    [gap('b', 40), gap('b', 90), gap(null, 31)],
    [gap('a', 35), gap('a', 45)],
    ['a', 'b', 'c'],
  )
  expect(
    rows.map(({ stage, open, longestDays, ended, medianEndedDays }) => [
      stage,
      open,
      longestDays,
      ended,
      medianEndedDays,
    ]),
  ).toEqual([
    [null, 1, 31, 0, null],
    ['a', 0, null, 2, 40],
    ['b', 2, 90, 0, null],
    ['c', 0, null, 0, null],
  ])
})

test('a median is the middle, or the mean of the two', () => {
  expect([median([]), median([3]), median([1, 9, 2]), median([1, 2, 3, 10])]).toEqual([null, 3, 2, 2.5])
})
