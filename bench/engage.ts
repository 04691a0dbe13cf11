/**
 * Segments and scores: from a touch to the recorded entry, what a touch costs in CPU, and a score of everybody. 50 segments, 10
 * scores; touchpoints are written as role touchpoints writes them.
 *
 *     npm run bench -- engage                500,000 persons of 8 touches
 *     npm run bench -- engage 100000         fewer
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../test-support/clickhouse.js'
import { openDefinitions, type ProjectNow } from '../ingest-server/src/engagement/definitions-now.js'
import { deriveScores } from '../ingest-server/src/engagement/scores/values.js'
import { openWorker } from '../ingest-server/src/engagement/worker.js'
import { insertLines } from '../ingest-server/src/clickhouse/insert-lines.js'
import { openEmbeddedLog } from '../ingest-server/src/log/embedded/embedded-log.js'
import { createMetrics } from '../ingest-server/src/metrics.js'
import { openVersions } from '../ingest-server/src/projections/versions.js'
import { printTable, rounded } from './report.js'

const touchesEach = 8
const perSecond = 1_000
const steadySeconds = Number(process.argv[3] ?? 30)

const persons = Number(process.argv[2] ?? 500_000)

const kinds = ['Demo Requested', 'Signed Up', 'Webinar Attended', 'Invoice Paid', 'Invited']

/** A touch in a hundred days for each number; names and pages so that segments are some percent of everybody. */
const insertPersons = ({ app }: TestClickHouse) =>
  app.command({
    query: `
INSERT INTO touchpoints_of_people (project, person, at, touch, version, kind, name, channel, host, path, paths, direction, message_ids)
SELECT 'default', concat('anon:p', toString(intDiv(number, ${touchesEach}))), now64(3) - toIntervalSecond(cityHash64(number, 1) % 8640000), number, 1,
  if(number % 3 = 0, 'action', 'visit') AS kind, if(kind = 'action', ${JSON.stringify(kinds).replaceAll('"', "'")}[cityHash64(number, 2) % 5 + 1], path) AS name,
  ['Direct', 'Email', 'Paid Search', 'Organic Search'][cityHash64(number, 3) % 4 + 1], 'acme.com',
  concat('/page-', toString(cityHash64(number, 4) % 60)) AS path, if(kind = 'visit', [path], []), 'inbound', [concat('m', toString(number))]
FROM numbers(${persons * touchesEach})`,
    clickhouse_settings: { max_partitions_per_insert_block: '0' },
  })

function definitionsOf(): [string, string, object][] {
  const segments = Array.from({ length: 50 }, (_, n): [string, string, object] => {
    const page = { touch: { page: `*/page-${n}` } }
    const when =
      n === 0
        ? { touch: { name: 'Marker' } }
        : n % 5 === 0
          ? { all: [page, { silentFor: `${5 + n}d` }] }
          : n % 5 === 1
            ? { ...page, count: { op: 'gte', n: 2 }, within: '30d' }
            : n % 5 === 2
              ? { all: [page, { not: { touch: { name: kinds[n % 5] } } }] }
              : n % 5 === 3
                ? { any: [page, { touch: { name: kinds[n % 5], channel: 'Email' } }] }
                : { sequence: [page.touch, { name: kinds[(n + 1) % 5] }], within: '14d' }
    return ['segments', `s${n}`, { subject: 'person', when }]
  })
  const scores = Array.from({ length: 10 }, (_, n): [string, string, object] => [
    'scores',
    `lead${n}`,
    {
      subject: 'person',
      on: 90,
      off: 60,
      groups: { behaviour: { cap: 100 } },
      rules: [
        {
          id: 'demo',
          group: 'behaviour',
          when: { touch: { name: 'Demo Requested' } },
          points: 30,
          halfLife: '30d',
          cap: 60,
        },
        {
          id: 'page',
          group: 'behaviour',
          when: { touch: { page: `*/page-${n}*` } },
          points: 10,
          halfLife: '14d',
          cap: 30,
          oncePer: 'page',
        },
        {
          id: 'visits',
          group: 'behaviour',
          when: { touch: { kind: 'visit' } },
          points: 2,
          window: '30d',
          cap: 20,
        },
        { id: 'silent', group: 'behaviour', when: { silentFor: '30d' }, points: -15 },
        {
          id: 'paid',
          group: 'fit',
          when: { touch: { name: 'Invoice Paid' }, count: { op: 'gte', n: 1 } },
          points: 20,
        },
      ],
    },
  ])
  return [...segments, ...scores]
}

/** Of the ClickHouse process and this one, in ms. */
function cpuMsOf({ embedded }: TestClickHouse): number {
  const stat = readFileSync(`/proc/${embedded?.pid()}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const { user, system } = process.cpuUsage()
  return (Number(fields[11]) + Number(fields[12])) * 10 + (user + system) / 1_000
}

let touches = persons * touchesEach

/** Four inserts a second, a marker in each: who enters the first segment. */
async function load(clickhouse: TestClickHouse, seconds: number): Promise<{ person: string; at: number }[]> {
  const markers: { person: string; at: number }[] = []
  const beganAt = performance.now()
  for (let batch = 0; batch < seconds * 4; batch += 1) {
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(0, beganAt + batch * 250 - performance.now())),
    )
    const rows = Array.from({ length: perSecond / 4 }, (_, n) => {
      touches += 1
      const isMarker = n === 0
      const person = isMarker ? `anon:marker${touches}` : `anon:p${Math.floor(Math.random() * persons)}`
      if (isMarker) markers.push({ person, at: Date.now() })
      const path = `/page-${touches % 60}`
      const said = isMarker
        ? { kind: 'action', name: 'Marker' }
        : { kind: 'visit', name: path, path, paths: [path], host: 'acme.com' }
      const at = new Date().toISOString()
      return {
        project: 'default',
        person,
        at,
        touch: touches,
        version: Date.now() * 1_000,
        direction: 'inbound',
        message_ids: [`m${touches}`],
        ...said,
      }
    })
    const lines = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    await insertLines(clickhouse.app, 'touchpoints_of_people', lines)
  }
  return markers
}

async function measure(): Promise<void> {
  const clickhouse = await startTestClickHouse()
  const dir = mkdtempSync(join(tmpdir(), 'touchline-bench-engage-'))
  const log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  const rows: Record<string, string | number>[] = []
  const note = (what: string, measured: string, target: string) => rows.push({ what, measured, target })
  try {
    await insertPersons(clickhouse)
    await clickhouse.app.command({ query: 'TRUNCATE TABLE engage_changes' })
    await clickhouse.app.insert({
      table: 'definitions',
      format: 'JSONEachRow',
      values: definitionsOf().map(([kind, id, body]) => ({
        ...{ project: 'default', kind, id, version: 1, name: id, body: JSON.stringify(body) },
        ...{ at: '2027-01-01 00:00:00', change_id: id, author: '', note: '', is_deleted: false },
      })),
    })
    const [project] = (await openDefinitions(clickhouse.app)()) as [ProjectNow]
    const versions = openVersions(clickhouse.app, 'score_values')
    const [score] = project.scores
    if (score === undefined) throw new Error('no score')
    for (const round of ['first', 'again']) {
      const startedAt = performance.now()
      await deriveScores(project.source, score, {
        all: project.all,
        asOf: Date.now(),
        version: await versions.next(),
      })
      note(
        `one score of everybody, ${round}`,
        `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`,
        '5 s',
      )
    }
    const worker = openWorker({
      clickhouse,
      log,
      clock: Date.now,
      metrics: createMetrics(),
      logger: silentLogger,
      isAlone: true,
    })
    const beganAt = performance.now()
    let said = 0
    for (let more = true; more;) {
      const result = await worker.pass()
      said += result.said
      more = result.hasMore
    }
    note(
      'all 60 definitions over everybody, with what they say',
      `${((performance.now() - beganAt) / 1_000).toFixed(0)} s, ${rounded(said)} said`,
      '–',
    )
    const idle = cpuMsOf(clickhouse)
    await load(clickhouse, 10)
    const alone = (cpuMsOf(clickhouse) - idle) / (10 * perSecond)
    while ((await worker.pass()).subjects > 0);
    let isOver = false
    const before = cpuMsOf(clickhouse)
    const passing = (async () => {
      while (!isOver) {
        const startedAt = performance.now()
        await worker.pass()
        await new Promise((resolve) =>
          setTimeout(resolve, Math.max(20, 700 - (performance.now() - startedAt))),
        )
      }
    })()
    const markers = await load(clickhouse, steadySeconds)
    const cost = (cpuMsOf(clickhouse) - before) / (steadySeconds * perSecond) - alone
    await new Promise((resolve) => setTimeout(resolve, 10_000))
    isOver = true
    await passing
    const answer = await clickhouse.app.query({
      query:
        "SELECT subject, toUnixTimestamp64Milli(min(stored_at)) AS ms FROM segment_transition_feed WHERE segment = 's0' GROUP BY subject",
      format: 'JSONEachRow',
    })
    const seen = new Map(
      (await answer.json<{ subject: string; ms: string }>()).map(({ subject, ms }) => [subject, Number(ms)]),
    )
    const delays = markers.map(({ person, at }) => (seen.get(person) ?? Infinity) - at).sort((a, b) => a - b)
    const level = (share: number) =>
      `${rounded((delays[Math.ceil(delays.length * share) - 1] ?? NaN) / 1_000)} s`
    note(
      `from a touch to the recorded entry at ${perSecond}/s, p50 / p95 / worst`,
      `${level(0.5)} / ${level(0.95)} / ${level(1)}`,
      '3 s',
    )
    note(
      'CPU an event, ClickHouse and this process, less the load alone',
      `${rounded(cost * 1_000)} µs`,
      '30 µs',
    )
  } finally {
    printTable(`${rounded(persons)} persons of ${touchesEach} touches, 50 segments, 10 scores`, rows)
    await log.close()
    await clickhouse.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

await measure()
