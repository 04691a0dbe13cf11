/** What programs work with, put together where the server is composed. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { ClickHouse } from '../../clickhouse/clickhouse.js'
import type { Reader } from '../../clickhouse/query.js'
import type { Clock } from '../../clock.js'
import type { EventLog, LogRecord } from '../../log/log.js'
import type { Judge } from '../../log/tombstones.js'
import type { Logger } from '../../logger.js'
import type { Metrics } from '../../metrics.js'
import type { Projects } from '../../projects/project.js'
import type { ReadVariable } from '../../projects/variables.js'
import type { Decided } from '../deliveries/delivery.js'
import type { OutboundTouch } from '../deliveries/outbound.js'
import type { ScoreOfBody } from './acting/body.js'

/** What an act does besides webhooks; each does its work once for one id. */
export interface Acts {
  handOff: (act: {
    reader: Reader
    score: string
    subject: string
    asOf: number
    because: string
    id: string
  }) => Promise<void>
  addToSegment: (act: {
    reader: Reader
    segment: string
    identifier: string
    by: string
    id: string
  }) => Promise<void>
  scoreOf: (reader: Reader, score: string, subject: string, asOf: number) => Promise<ScoreOfBody | undefined>
  /** Lines of an event that says a trait of somebody. */
  traitRecord: (trait: {
    project: string
    subject: string
    name: string
    value: unknown
    id: string
  }) => LogRecord | undefined
}

export interface ProgramsDeps {
  clickhouse: Pick<ClickHouse, 'app'>
  log: EventLog
  clock: Clock
  metrics: Metrics
  logger: Logger
  projects: Pick<Projects, 'all'>
  /** No other process can work on this database. */
  isAlone: boolean
  judgeOf: (project: string) => Judge | undefined
  /** Time zone of subjects whose person and account have none. */
  zone: string
  acts: Acts
  /** Lines of the events that say what was sent. */
  touchesRecord: (touches: readonly OutboundTouch[]) => LogRecord | undefined
  /** Addresses that endpoints may be at although they are private. */
  allowed: readonly string[]
  readSecret: ReadVariable
  leaseMs?: number
  intervalMs?: number
}

export interface StepperDeps {
  app: ClickHouseClient
  log: EventLog
  clock: Clock
  logger: Logger
  acts: Acts
  judgeOf: (project: string) => Judge | undefined
  zoneOf: (project: string) => string
  readerOf: (project: string) => Reader
  /** Of this process's time of holding: see facts.ts. */
  version: () => bigint
  /** Asked after facts are kept and before anything leaves the server. */
  mayAct: (slot: number) => boolean
  send: (deliveries: readonly Decided[]) => void
  count: (what: 'steps' | 'acts' | 'ended' | 'held', project: string, n: number) => void
}
