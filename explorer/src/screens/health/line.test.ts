import type { Line } from '@touchline/schemas/api'
import { describe, expect, test } from 'vitest'
import { differenceOf, missing, sumsOf } from './line.js'

const line = (change: Partial<Line>): Line =>
  ({
    received: 1_204,
    refused: 6,
    inLog: 1_198,
    fromBefore: 0,
    handled: 1_190,
    waiting: 8,
    stored: 1_189,
    deadLetters: 1,
    differences: [],
    ...change,
  }) as unknown as Line
const terms = (one: Line) =>
  sumsOf(one).map(({ left, right }) =>
    [left, right].map((side) => side.map(({ term }) => term).join('+')).join('='),
  )

describe('the line as a picture', () => {
  test('each sum goes on with a part of the one before, and adds up', () => {
    expect(terms(line({}))).toEqual([
      'received=refused+inLog',
      'inLog=handled+waiting',
      'handled=stored+deadLetters',
    ])
    for (const { left, right } of sumsOf(line({}))) {
      const sum = (side: typeof right) => side.reduce((total, { n }) => total + n, 0)
      expect(sum(left)).toBe(sum(right))
    }
  })

  test('what a former process left is a term of its own, where there is some', () => {
    expect(terms(line({ fromBefore: 5 }))[1]).toBe('inLog+fromBefore=handled+waiting')
  })

  test('only what the server calls a difference turns red, and says by how much', () => {
    const broken = line({ differences: [{ name: 'received = refused + inLog', left: 1_204, right: 1_201 }] })
    expect(sumsOf(broken).map((sum) => differenceOf(sum, broken))).toEqual([3, 0, 0])
    expect(missing(broken)).toBe(3)
    // Counters that move while they are read are no difference.
    const moving = line({ waiting: 9 })
    expect(sumsOf(moving).map((sum) => differenceOf(sum, moving))).toEqual([0, 0, 0])
  })
})
