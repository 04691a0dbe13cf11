/** Identity kept by hand for one test file: a ClickHouse of its own, facts said project by project, passes on demand. */
import { expect } from 'vitest'
import type { EventRow } from '../../ingest-server/src/log/event-row.js'
import { createMetrics } from '../../ingest-server/src/metrics.js'
import { startStitch, type Stitch, type StitchDeps } from '../../ingest-server/src/identity/upkeep/stitch.js'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../clickhouse.js'
import { insertRowsOf } from '../event-rows.js'
import { identityRow, query, storedOwners, storedPeople, type Said } from '../worlds/identity-events.js'

/** Longer than any test: passes are made by hand. */
const never = 2 ** 30

export const hour = (n: number) => new Date(Date.UTC(2026, 2, 1, n)).toISOString()

export interface IdentityStage {
  readonly clickhouse: TestClickHouse
  /** The one that the projects' `say` waits for; another takes its place after it was stopped. */
  stitch: Stitch
  readonly startStitching: (options?: Partial<StitchDeps>) => Stitch
  readonly newProject: () => string
  project(name?: string): StagedProject
  close(): Promise<void>
}

export async function startIdentityStage(): Promise<IdentityStage> {
  const clickhouse = await startTestClickHouse()
  let count = 0
  const startStitching = (options: Partial<StitchDeps> = { isAlone: true, intervalMs: never }) =>
    startStitch({
      clickhouse,
      metrics: createMetrics(),
      logger: silentLogger,
      sweepIntervalMs: never,
      ...options,
    })
  const newProject = () => `p${(count += 1)}`
  const stage: IdentityStage = {
    clickhouse,
    stitch: startStitching(),
    startStitching,
    newProject,
    project: (name = newProject()) => projectOf(stage, name),
    async close() {
      await stage.stitch.stop()
      await clickhouse.close()
    },
  }
  return stage
}

type Fact = Omit<Said, 'project' | 'messageId'>

export type StagedProject = ReturnType<typeof projectOf>

/** Says things in one project, stitches, and tells what then stands. */
function projectOf(stage: IdentityStage, name: string) {
  const { clickhouse } = stage
  const rows: EventRow[] = []
  return {
    name,
    rows,
    async store(...said: Fact[]) {
      const news = said.map((one, index) =>
        identityRow({ project: name, messageId: `m${rows.length + index}`, ...one }),
      )
      rows.push(...news)
      await insertRowsOf(clickhouse.app, news)
    },
    async say(...said: Fact[]) {
      await this.store(...said)
      await stage.stitch.passOnce()
    },
    owners: () => storedOwners(clickhouse.app, name),
    people: async () =>
      Object.fromEntries(
        Object.entries(await storedPeople(clickhouse.app, name)).map(([person, identifiers]) => [
          person,
          (identifiers as { identifier: string }[]).map(({ identifier }) => identifier),
        ]),
      ),
    accounts: async () =>
      Object.fromEntries(
        (
          await query<{ person: string; accounts: string[] }>(
            clickhouse.app,
            `SELECT person, arrayMap(a -> concat(a.account, ' by ', a.how), accounts) AS accounts
             FROM people FINAL WHERE project = {name: String} AND notEmpty(accounts)`,
            { name },
          )
        ).map(({ person, accounts }) => [person, accounts]),
      ),
    members: async (account: string) =>
      (
        await query<{ person: string }>(
          clickhouse.app,
          `SELECT person FROM account_people FINAL
           WHERE project = {name: String} AND account = {account: String} ORDER BY person`,
          { name, account },
        )
      ).map(({ person }) => person),
    state: async (identifier: string) =>
      (
        await query<{ state: string }>(
          clickhouse.app,
          'SELECT state FROM identity_map FINAL WHERE project = {name: String} AND identifier = {identifier: String}',
          { name, identifier },
        )
      )[0]?.state,
  }
}

/** people is identity_map read the other way round, and account_people is people read the other way round. */
export async function expectPeopleToFollow({ clickhouse }: IdentityStage, name: string): Promise<void> {
  const found = await query<Record<string, unknown>>(
    clickhouse.app,
    `SELECT
       (SELECT arraySort(groupArray((owner.person, identifier, owner.from, owner.because))) FROM identity_map FINAL
        ARRAY JOIN owners AS owner WHERE project = {name: String}) AS by_map,
       (SELECT arraySort(groupArray((person, held.identifier, held.from, held.because))) FROM people FINAL
        ARRAY JOIN identifiers AS held WHERE project = {name: String} AND held.because != '') AS by_people,
       (SELECT arraySort(groupArray((stay.account, person, stay.from, stay.to))) FROM people FINAL
        ARRAY JOIN accounts AS stay WHERE project = {name: String}) AS accounts_of_people,
       (SELECT arraySort(groupArray((account, person, period.from, period.to))) FROM account_people FINAL
        ARRAY JOIN periods AS period WHERE project = {name: String}) AS people_of_accounts`,
    { name },
  )
  const [answer] = found
  expect(answer?.['by_people']).toEqual(answer?.['by_map'])
  expect(answer?.['people_of_accounts']).toEqual(answer?.['accounts_of_people'])
}
