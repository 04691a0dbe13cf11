/**
 * Words of a question are text in its schema, and the server refuses an unknown one with the nearest: what the description
 * lists is what the server takes.
 */
import {
  attributionQuery,
  costsQuery,
  lifecycleQuery,
  lifecycleSubjectsQuery,
  pathsQuery,
  summaryQuery,
} from '@touchline/schemas/api'
import { expect, test } from 'vitest'
import { dimensions, models } from '../../journeys/attribution/attribution-question.js'
import { milestoneNames } from '../../journeys/attribution/credit.js'
import { periodNames } from '../../journeys/lifecycle/periods.js'
import { lifecycleRows } from '../../journeys/lifecycle/subjects.js'
import { costKeys } from '../../journeys/lifecycle/sum-costs.js'
import { pathKeys } from '../../journeys/paths.js'
import { outcomes } from '../../journeys/summary.js'
import { attributionTool } from '../../mcp/channel-tools.js'

test.each([
  ['model of attribution', attributionQuery.shape.model, models],
  ['by of attribution', attributionQuery.shape.by, dimensions],
  ['by of paths', pathsQuery.shape.by, pathKeys],
  ['outcome of a summary', summaryQuery.shape.outcome, outcomes],
  ['by of the lifecycle', lifecycleQuery.shape.by, periodNames],
  ['row of the lifecycle', lifecycleSubjectsQuery.shape.row, lifecycleRows],
  ['by of costs', costsQuery.shape.by, costKeys],
] as const)('the description of %s names each word that is taken, and no other', (_name, shape, taken) => {
  const [listed = ''] = (shape.description ?? '').split(';')
  expect(listed.split(/, | or /).sort()).toEqual([...taken].sort())
})

test('an assistant is told the same models', () => {
  const [, listed = ''] = /Models: (.*)\.$/.exec(attributionTool.description) ?? []
  expect(listed.split(', ').sort()).toEqual([...models].sort())
})

test('the description of milestones has an example of each', () => {
  const [, example = ''] = /`(.*)`/.exec(attributionQuery.shape.milestones.description ?? '') ?? []
  expect(example.split(',').map((one) => one.split(':')[0])).toEqual([...milestoneNames])
})
