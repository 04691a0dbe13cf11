import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../../test-support/clickhouse.js'
import {
  formedFromFacts,
  randomHistory,
  seeded,
  storedAccounts,
  storedTouchpoints,
} from '../../../../test-support/worlds/touchpoint-histories.js'
import { insertLines } from '../../clickhouse/insert-lines.js'
import { rebuildTouchpoints } from './rebuild.js'

let clickhouse: TestClickHouse
beforeAll(async () => {
  clickhouse = await startTestClickHouse()
})
afterAll(() => clickhouse.close())

test('a rebuild changes nothing, and makes the same rows from nothing', async () => {
  const random = seeded(4)
  const histories = Array.from({ length: 20 }, (_, index) => randomHistory('rebuilt', `h${index}`, random))
  for (const { steps } of histories)
    for (const step of steps)
      for (const { table, lines } of step)
        await insertLines(clickhouse.app, table, Buffer.from(lines.join('')))
  const expectTable = async () => {
    const expected = await formedFromFacts(clickhouse.app, 'rebuilt', histories)
    expect(expected.people.length).toBeGreaterThan(histories.length)
    expect(await storedTouchpoints(clickhouse.app, 'rebuilt')).toEqual(expected.people)
    expect(await storedAccounts(clickhouse.app, 'rebuilt')).toEqual(expected.accounts)
  }
  await rebuildTouchpoints({ clickhouse })
  await expectTable()
  expect((await rebuildTouchpoints({ clickhouse })).written).toBe(0)
  await clickhouse.app.command({ query: 'TRUNCATE TABLE touchpoints_of_people' })
  await clickhouse.app.command({ query: 'TRUNCATE TABLE touchpoints_of_accounts' })
  await rebuildTouchpoints({ clickhouse })
  await expectTable()
})
