/** Times of each question beside the scan, over a ClickHouse that holds the data and a server that answers from it. */
import type { ClickHouseClient } from '@clickhouse/client'
import { readFileSync } from 'node:fs'
import type { TimelineApi } from '../../test-support/timeline-api.js'
import { printTable, ratio } from '../report.js'
import { definitions, questions, type Question } from './questions.js'

/** What everybody's touchpoints cost to read once. */
const scan = `SELECT count(), sum(cityHash64(person)) FROM touchpoints_of_people FINAL WHERE project = 'default'`
const runs = 5
const mostMs = 1_500

export interface Measured {
  reader: ClickHouseClient
  /** Of the ClickHouse process. */
  pid: number | undefined
  server: TimelineApi
  /** Only questions whose name has this. */
  only?: string | undefined
}

/** A tick of /proc/<pid>/stat on Linux is 10 ms. */
function cpuMsOf(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
const quantile = (sorted: readonly number[], level: number) =>
  sorted[Math.ceil(sorted.length * level) - 1] ?? NaN

interface Times {
  p50: number
  p95: number
  cpuMs: number
}

async function timesOf(pid: number | undefined, run: () => Promise<void>): Promise<Times> {
  await run()
  const before = cpuMsOf(pid)
  const times: number[] = []
  for (let count = 0; count < runs; count += 1) {
    const startedAt = performance.now()
    await run()
    times.push(performance.now() - startedAt)
  }
  const cpuMs = (cpuMsOf(pid) - before) / runs
  times.sort((a, b) => a - b)
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), cpuMs }
}

const headers = { authorization: 'Bearer secret' }

async function measureOne(
  { pid, server }: Measured,
  question: Question,
  floors: { scan: Times; floor: Times },
) {
  const { what, url, body, most } = question
  const method = body === undefined ? ('GET' as const) : ('POST' as const)
  let failed = ''
  let tag = ''
  const ask = async (more: Record<string, string> = {}) => {
    const sent = { method, url, headers: { ...headers, ...more } }
    const answer = await server.app.inject(body === undefined ? sent : { ...sent, payload: body })
    tag = String(answer.headers.etag)
    if (answer.statusCode >= 400)
      failed = `${answer.statusCode} ${answer.json<{ message: string }>().message}`
  }
  const { p50, p95, cpuMs } = await timesOf(pid, () => ask())
  const again = await timesOf(pid, () => ask({ 'if-none-match': tag }))
  const limit = most === undefined ? floors.floor.p50 + 20 : most * floors.scan.p50
  const isMet = failed === '' && p50 <= limit && ((most ?? 0) > 4 || p95 <= mostMs)
  return {
    question: what,
    'p50 ms': p50.toFixed(0),
    'p95 ms': p95.toFixed(0),
    '÷ scan': ratio(p50, floors.scan.p50),
    'ClickHouse CPU ms': cpuMs.toFixed(0),
    'CPU ÷ scan': ratio(cpuMs, floors.scan.cpuMs),
    target: most === undefined ? `≤ ${limit.toFixed(0)} ms` : `≤ ${most}`,
    met: isMet ? 'yes' : `NO ${failed}`,
    'again, by its tag': again.p50.toFixed(0),
  }
}

/** Saves the definitions, asks everything, prints the table. */
export async function measureQuestions(measured: Measured, title: string): Promise<void> {
  const { reader, pid, server, only } = measured
  for (const [path, payload] of Object.entries(definitions))
    await server.app.inject({ method: 'PUT', url: `/v1/definitions/${path}`, headers, payload })
  const statement = (query: string) => async () => {
    await (await reader.query({ query, format: 'JSONCompactEachRow' })).text()
  }
  const floors = {
    scan: await timesOf(pid, statement(scan)),
    floor: await timesOf(pid, statement('SELECT 1')),
  }
  const rows = []
  for (const question of questions)
    if (only === undefined || question.what.includes(only))
      rows.push(await measureOne(measured, question, floors))
  printTable(title, [
    {
      question: 'scan: everybody’s touchpoints',
      'p50 ms': floors.scan.p50.toFixed(0),
      'p95 ms': floors.scan.p95.toFixed(0),
      'ClickHouse CPU ms': floors.scan.cpuMs.toFixed(0),
    },
    ...rows,
  ])
}
