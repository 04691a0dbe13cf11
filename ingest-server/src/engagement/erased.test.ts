/** An erased person is in no table of segments, scores and hand-offs, nor in their lines of the log; everybody else is. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEngageStage, type EngageStage } from '../../../test-support/roles/engage-stage.js'
import { countInLog, rewriteLog } from '../erasure/erase-log.js'
import { findErased, removeErased } from '../erasure/remove-erased.js'
import { hashIdentifier, judgeBy } from '../log/tombstones.js'
import { addToSegment } from './segments/additions.js'

let stage: EngageStage
const now = Date.parse('2026-05-01T00:00:00Z')

beforeAll(async () => {
  stage = await startEngageStage(now)
}, 120_000)
afterAll(() => stage.close())

const tables = [
  'segment_memberships',
  'segment_transitions',
  'segment_transition_feed',
  'score_values',
  'handoff_records',
  'segment_additions',
]
const countOf = async (table: string, who: string) => {
  const column = table === 'segment_additions' ? 'identifier' : 'subject'
  const sql = `SELECT count() AS n FROM ${table} WHERE ${column} = {who: String}`
  const [row] = await stage.rows<{ n: number }>(sql, { who })
  return row?.n ?? 0
}

test('erasing takes what was derived and what was said of a person along, from the log too', async () => {
  const people = ['user:gone', 'user:stays']
  await stage.define('segments', 'asked', { subject: 'person', when: { touch: { name: 'Asked' } } })
  await stage.define('segments', 'list', { subject: 'person', identifiers: ['user:other'] })
  await stage.define('scores', 'lead', {
    subject: 'person',
    on: 5,
    off: 1,
    rules: [{ id: 'asked', when: { touch: { name: 'Asked' } }, points: 5 }],
  })
  await stage.touch(...people.map((person) => ({ person, at: now - 1_000, name: 'Asked' })))
  const deps = { app: stage.clickhouse.app, log: stage.log, clock: () => now - 500, reader: stage.reader }
  for (const identifier of people)
    await addToSegment({ segment: 'list', identifier, by: 'test', id: 'a' }, deps)
  const worker = stage.worker()
  for (let more = true; more;) more = (await worker.pass()).hasMore
  for (const table of tables)
    for (const who of people) expect(await countOf(table, who), `${table} ${who}`).toBeGreaterThan(0)

  const salt = 's'
  const erased = {
    hash: hashIdentifier(salt, 'user:gone'),
    from: undefined,
    to: now + 10_000,
    isWhole: true,
    receivedTo: now + 10_000,
  }
  const tombstones = { salt, list: [erased] }
  const judge = judgeBy(tombstones)
  if (judge === undefined) throw new Error('nobody is erased')
  expect(await countInLog(stage.log, 'default', judge)).toBeGreaterThanOrEqual(4)
  await removeErased({ app: stage.clickhouse.app }, 'default', tombstones, Date.now())
  await rewriteLog(stage.log, 'default', judge)
  expect(await findErased({ app: stage.clickhouse.app }, 'default', tombstones)).toEqual({})
  expect(await countInLog(stage.log, 'default', judge)).toBe(0)
  for (const table of tables) {
    expect(await countOf(table, 'user:gone'), table).toBe(0)
    expect(await countOf(table, 'user:stays'), table).toBeGreaterThan(0)
  }
  // And nothing is said of them again.
  for (let more = true; more;) more = (await worker.pass()).hasMore
  expect(await countOf('segment_transitions', 'user:gone')).toBe(0)

  // A log of before is played back: their touches stand there again until they are swept.
  await stage.touch(...people.map((person) => ({ person, at: now - 900, name: 'Asked' })))
  const knowing = stage.worker({ judgeOf: () => judge })
  for (let more = true; more;) more = (await knowing.pass()).hasMore
  for (const table of ['segment_transitions', 'segment_transition_feed', 'handoff_records'])
    expect(await countOf(table, 'user:gone'), table).toBe(0)
}, 120_000)
