/** What Grafana and Prometheus are given in examples/: every query gives rows, every metric is there. */
import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestServer, until } from '../../test-support/server.js'
import { playedServer } from './played.js'

interface Target {
  rawSql: string
  queryType: 'timeseries' | 'table'
}
interface Dashboard {
  uid: string
  title: string
  templating: { list: { name: string; query: string; datasource: { uid: string } }[] }
  panels: { id: number; title: string; datasource: { uid: string }; targets: Target[] }[]
}

const folder = new URL('../grafana/dashboards/', import.meta.url)
const files = (await readdir(folder)).filter((name) => name.endsWith('.json'))
const dashboards = await Promise.all(
  files.map(async (name) => JSON.parse(await readFile(new URL(name, folder), 'utf8')) as Dashboard),
)

let server: TestServer
beforeAll(async () => {
  server = await playedServer()
  await server.post('/v1/track', { event: 'From nobody', messageId: 'nobody-1' })
  await server.post('/v1/track', { event: 'A moment ago', userId: 'u-ada', sentAt: new Date().toISOString() })
  const isThere = async () => {
    const [refused] = await server.sql('SELECT 1 FROM rejected_events LIMIT 1')
    const [sent] = await server.sql('SELECT 1 FROM events WHERE isNotNull(sent_at) LIMIT 1')
    const [entered] = await server.sql("SELECT 1 FROM accounts WHERE stage = 'retention' LIMIT 1")
    const [scored] = await server.sql('SELECT 1 FROM scores LIMIT 1')
    const [member] = await server.sql('SELECT 1 FROM segments WHERE members > 0 LIMIT 1')
    return refused && sent && entered && scored && member
  }
  await until(isThere, {
    what: 'stages, scores and a refused event to be stored',
    everyMs: 500,
    timeoutMs: 120_000,
  })
}, 400_000)
afterAll(() => server?.stop())

/** As the documentation of Grafana's ClickHouse plugin says that it fills them in. */
function filledIn(sql: string): string {
  const [from, to] = ['2025-01-01', new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)]
  const seconds = (day: string) => Date.parse(day) / 1_000
  const filled = sql
    .replace(
      /\$__timeFilter\(([\w.]+)\)/g,
      `$1 >= toDateTime(${seconds(from)}) AND $1 <= toDateTime(${seconds(to)})`,
    )
    .replace(/\$__dateFilter\(([\w.]+)\)/g, `$1 >= toDate('${from}') AND $1 <= toDate('${to}')`)
    .replace(/\$__timeInterval\(([\w.]+)\)/g, 'toStartOfInterval(toDateTime($1), INTERVAL 86400 second)')
    .replaceAll('${project}', 'default')
    .replaceAll('${goal}', 'won')
  expect(filled, 'a macro or variable that this test does not know').not.toContain('$')
  return filled
}

const panels = dashboards.flatMap(({ title, panels: all }) =>
  all.flatMap((panel) => panel.targets.map((target) => [`${title} › ${panel.title}`, target] as const)),
)

test('there are three dashboards, on the data source that is provisioned', async () => {
  expect(dashboards.map(({ uid }) => uid).sort()).toEqual([
    'touchline-channels',
    'touchline-journeys',
    'touchline-line',
  ])
  const source = await readFile(
    new URL('../grafana/provisioning/datasources/touchline.yaml', import.meta.url),
    'utf8',
  )
  const uids = dashboards.flatMap((one) =>
    [...one.panels, ...one.templating.list].map(({ datasource }) => datasource.uid),
  )
  expect(new Set(uids)).toEqual(new Set(['touchline']))
  expect(source).toContain('uid: touchline\n')
  for (const { panels: all } of dashboards) expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
})

test.each(panels)('%s has rows', async (_name, { rawSql, queryType }) => {
  const rows = await server.sql(filledIn(rawSql))
  expect(rows.length).toBeGreaterThan(0)
  const [first = {}] = rows
  // A series needs a column `time` and numbers beside it; nothing that is drawn is without a value throughout.
  if (queryType === 'timeseries') expect(Object.keys(first)[0]).toBe('time')
  for (const column of Object.keys(first))
    expect(
      rows.some((row) => row[column] !== null && row[column] !== ''),
      column,
    ).toBe(true)
})

test.each(
  dashboards.flatMap(({ title, templating }) =>
    templating.list.map(({ name, query }) => [`${title} › ${name}`, query]),
  ),
)('the choice %s has values', async (_name, query) => {
  const rows = await server.sql(filledIn(query ?? ''))
  expect(rows.length).toBeGreaterThan(0)
})

test('the first question of the plugin is answered', async () => {
  const rows = await server.sql('SELECT displayName(), version(), revision(), timezone()')
  expect(rows).toHaveLength(1)
})

describe('examples/prometheus/rules.yml', async () => {
  const text = await readFile(new URL('../prometheus/rules.yml', import.meta.url), 'utf8')
  const rules = [...text.matchAll(/- alert: (\w+)\n\s+expr: (.+)\n/g)].map(([, alert = '', expr = '']) => [
    alert,
    expr,
  ])

  test('has a rule for each row of "Alert on" that is a metric', async () => {
    expect(rules.length).toBe(text.match(/- alert:/g)?.length)
    const page = await readFile(new URL('../../docs/operating.md', import.meta.url), 'utf8')
    const table = page.slice(page.indexOf('\nAlert on:\n'), page.indexOf('| the log line'))
    const wanted = [...table.matchAll(/^\| `(touchline_\w+)/gm)].map(([, name]) => name)
    expect(wanted.length).toBeGreaterThan(5)
    const all = rules.map(([, expr]) => expr).join('\n')
    expect(wanted.filter((name) => !all.includes(name ?? ''))).toEqual([])
  })

  test.each(rules)('%s asks for metrics and labels that there are', async (_alert, expr = '') => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    const samples = metrics.split('\n').filter((line) => !line.startsWith('#'))
    const names = [...expr.matchAll(/(touchline_\w+)(?:\{(\w+)=)?/g)]
    expect(names.length).toBeGreaterThan(0)
    for (const [, name = '', label] of names) {
      const own = samples.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      expect(own.length, name).toBeGreaterThan(0)
      if (label !== undefined)
        expect(
          own.some((line) => line.includes(`${label}="`)),
          `${name}{${label}}`,
        ).toBe(true)
    }
    for (const [, labels = ''] of expr.matchAll(/sum by \((\w+)\)/g))
      expect(metrics, labels).toContain(`${labels}="`)
  })
})
