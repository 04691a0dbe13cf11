/** People are put into a program by somebody who asks for it. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { Clock } from '../../../clock.js'
import type { Reader } from '../../../clickhouse/query.js'
import type { EventLog } from '../../../log/log.js'
import { enterAll, type Moment } from './enter.js'
import { keep } from '../../keep.js'
import type { Program } from '../programs.js'
import { factsRecord } from '../run.js'

interface EnterByHandDeps {
  app: ClickHouseClient
  log: EventLog
  reader: Reader
  clock: Clock
  zone: string
}

/** Below any version of a process that steps runs: what one of those says of the same run counts. */
const byHand = 1n

/** The runs begin where programs are stepped; here they are written down. */
export async function enterByHand(deps: EnterByHandDeps, program: Program, subjects: readonly string[]) {
  const { reader, clock, zone } = deps
  const now = clock()
  const moments = [...new Set(subjects)].map((subject): Moment => ({
    program: program.id,
    subject,
    way: 'manual',
    trigger: 'by hand',
    at: now,
    knownAt: now,
  }))
  const { facts, refused } = await enterAll(moments, { reader, program, zone, now, version: () => byHand })
  if (facts.length > 0) await keep(deps, [factsRecord(facts)])
  return { entered: facts.map(({ run, subject }) => ({ run, subject })), refused }
}
