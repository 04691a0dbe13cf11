/**
 * Touchpoints as a table: what questions over everybody cost, fresh parts and merged; what a person's and an account's
 * timeline cost in SQL; forming them, all at once and as events come in. CPU is the ClickHouse process's for a query,
 * beside two yardsticks: Y, a count over everybody's touchpoints, and F, SELECT 1.
 *
 *     npm run bench -- touchpoints            10,000,000 events of 500,000 people
 *     npm run bench -- touchpoints 1000000    a tenth
 */
import { readFileSync } from 'node:fs'
import { startTestClickHouse } from '../../test-support/clickhouse.js'
import { rebuildTouchpoints } from '../../ingest-server/src/touchpoints/upkeep/rebuild.js'
import { printTable, rounded, type Row } from '../report.js'
import { copyTouchpoints, eventsPerPerson, insertEvents, merge, type TestClickHouse } from './data.js'
import { measureUpkeep, type UpkeepFigures } from './upkeep.js'
import { floor, questions, yardstick, type Question } from './questions.js'

const tables = ['touchpoints_of_people', 'touchpoints_of_accounts'] as const
/** A tick of /proc/<pid>/stat on Linux. */
const tickMs = 10

export function cpuMsOf(clickhouse: TestClickHouse): number {
  const stat = readFileSync(`/proc/${clickhouse.embedded?.pid()}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * tickMs
}

interface Cost {
  cpuMs: number
  /** The query ran with 400 MB at most. */
  isWithinMemory: boolean
}

const memoryLimit = '400000000'

async function costOf(clickhouse: TestClickHouse, { sql }: Question): Promise<Cost> {
  const run = async (limits: Record<string, string>) => {
    const isLimited = Object.keys(limits).length > 0
    // A reader, under the reader's caps; only the writer may ask for less memory.
    const answer = await (isLimited ? clickhouse.app : clickhouse.reader).query({
      query: sql,
      format: 'JSONCompactEachRow',
      ...(isLimited && {
        clickhouse_settings: { do_not_merge_across_partitions_select_final: 1, ...limits },
      }),
    })
    await answer.text()
  }
  await run({})
  const isWithinMemory = await run({ max_memory_usage: memoryLimit }).then(
    () => true,
    () => false,
  )
  // As often as it takes for the ticks not to matter.
  const startedAt = performance.now()
  const before = cpuMsOf(clickhouse)
  let runs = 0
  while (runs < 3 || (performance.now() - startedAt < 1_500 && runs < 500)) {
    await run({})
    runs += 1
  }
  return { cpuMs: (cpuMsOf(clickhouse) - before) / runs, isWithinMemory }
}

async function costs(clickhouse: TestClickHouse): Promise<Map<string, Cost>> {
  const found = new Map<string, Cost>()
  for (const question of [floor, yardstick, ...questions])
    found.set(question.what, await costOf(clickhouse, question))
  return found
}

interface Result {
  merged: Map<string, Cost>
  unmerged: Map<string, Cost>
  rebuild: { events: number; nodeSeconds: number; clickhouseSeconds: number; wallSeconds: number }
  upkeep: UpkeepFigures
  disk: Record<string, number>
}

async function run(events: number): Promise<Result> {
  const clickhouse = await startTestClickHouse()
  try {
    const say = (what: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${what}`)
    const sample = Math.max(events / 10, 100_000)
    say(`${rounded(sample)} events`)
    await insertEvents(clickhouse, 0, sample)
    say('rebuild of their touchpoints')
    const rebuild = await measureRebuild(clickhouse, sample)
    say(`${rounded(events)} events, and touchpoints of the others as copies`)
    await insertEvents(clickhouse, sample, events)
    await copyTouchpoints(clickhouse, sample / eventsPerPerson, events / eventsPerPerson)
    say('merging')
    for (const table of ['events', 'identity_map', 'people', 'account_people', ...tables])
      await merge(clickhouse, table)
    const disk = await diskOf(clickhouse)
    say('questions, merged')
    const merged = await costs(clickhouse)
    say('60 s of 1,000 events a second')
    const upkeep = await measureUpkeep(clickhouse, { people: sample / eventsPerPerson, cpuMsOf })
    say('questions, with the parts as that minute left them')
    const unmerged = await costs(clickhouse)
    return { merged, unmerged, rebuild, upkeep, disk }
  } finally {
    await clickhouse.close()
  }
}

async function measureRebuild(clickhouse: TestClickHouse, events: number): Promise<Result['rebuild']> {
  const node = process.cpuUsage()
  const cpu = cpuMsOf(clickhouse)
  const startedAt = performance.now()
  await rebuildTouchpoints({ clickhouse })
  const { user, system } = process.cpuUsage(node)
  return {
    events,
    nodeSeconds: (user + system) / 1e6,
    clickhouseSeconds: (cpuMsOf(clickhouse) - cpu) / 1_000,
    wallSeconds: (performance.now() - startedAt) / 1_000,
  }
}

async function diskOf({ app }: TestClickHouse): Promise<Record<string, number>> {
  const answer = await app.query({
    query: `SELECT table, sum(bytes_on_disk) AS bytes FROM system.parts
      WHERE database = currentDatabase() AND active AND table IN ('events', 'touchpoints_of_people', 'touchpoints_of_accounts') GROUP BY table`,
    format: 'JSONEachRow',
  })
  const rows = await answer.json<{ table: string; bytes: string }>()
  return Object.fromEntries(rows.map(({ table, bytes }) => [table, Number(bytes)]))
}

function questionRows({ merged, unmerged }: Result): Row[] {
  const Y = merged.get(yardstick.what)?.cpuMs ?? 1
  const F = merged.get(floor.what)?.cpuMs ?? 1
  return [floor, yardstick, ...questions].map(({ what, target }) => {
    const cost = merged.get(what) ?? { cpuMs: NaN, isWithinMemory: false }
    const fresh = unmerged.get(what)?.cpuMs ?? NaN
    const [unit, of, most] =
      target === undefined ? ['', 1, 0] : 'Y' in target ? ['Y', Y, target.Y] : ['F', F, target.F]
    return {
      question: what,
      'CPU ms': cost.cpuMs.toFixed(1),
      '÷ Y': (cost.cpuMs / Y).toFixed(2),
      '÷ F': (cost.cpuMs / F).toFixed(1),
      target: target === undefined ? '' : `≤ ${most} ${unit}`,
      met: target === undefined ? '' : cost.cpuMs <= most * of ? 'yes' : 'NO',
      '≤ 400 MB': cost.isWithinMemory ? 'yes' : 'NO',
      'unmerged ÷ merged (≤ 1.3)': (fresh / cost.cpuMs).toFixed(2),
    }
  })
}

function otherRows({ rebuild, upkeep, disk }: Result): Row[] {
  const perSecond = rebuild.events / rebuild.nodeSeconds
  const extra =
    ((disk['touchpoints_of_people'] ?? 0) + (disk['touchpoints_of_accounts'] ?? 0)) / (disk['events'] ?? 1)
  const row = (what: string, measured: string, target: string, isMet: boolean): Row => {
    return { what, measured, target, met: target === '' ? '' : isMet ? 'yes' : 'NO' }
  }
  return [
    row('rebuild, events a Node CPU-second', rounded(perSecond), '≥ 25,000', perSecond >= 25_000),
    row(
      'rebuild, ClickHouse CPU µs an event',
      rounded((rebuild.clickhouseSeconds * 1e6) / rebuild.events),
      '',
      true,
    ),
    row('rebuild, events a second', rounded(rebuild.events / rebuild.wallSeconds), '', true),
    row('upkeep at 1,000/s, CPU µs an event', rounded(upkeep.cpuUs), '≤ 500', upkeep.cpuUs <= 500),
    row('… of it ClickHouse', rounded(upkeep.clickhouseUs), '', true),
    row('events that came in a second', rounded(upkeep.perSecond), '1,000', true),
    row('visible after storing, p50', `${rounded(upkeep.visibleMs.p50)} ms`, '', true),
    row(
      'visible after storing, p99',
      `${rounded(upkeep.visibleMs.p99)} ms`,
      '≤ 2,000 ms',
      upkeep.visibleMs.p99 <= 2_000,
    ),
    row('disk of both tables to events', `+${(extra * 100).toFixed(0)} %`, '≤ +75 %', extra <= 0.75),
  ]
}

const asked = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 10_000_000)
const result = await run(asked)
printTable(`touchpoints: ${rounded(asked)} events, questions over everybody`, questionRows(result))
printTable('touchpoints: forming them', otherRows(result))
