import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { OpenErasures } from './erasure/waiting.js'
import { createMetrics } from './metrics.js'
import { watchMetrics } from './watched-metrics.js'

const valueOf = (text: string, series: string) =>
  text
    .split('\n')
    .find((line) => line.startsWith(`${series} `))
    ?.split(' ')
    .at(-1)

const someLag = async () => ({ records: 3, bytes: 4_000, oldestMs: 2_500 })

function watched(lag = someLag, { hasDisk = true } = {}) {
  const metrics = createMetrics()
  const projects = [{ id: 'default' }]
  let notify = () => {}
  watchMetrics(metrics, {
    log: { lag },
    projects: { all: () => projects as never, onChange: (listener) => (notify = listener) },
    dataDir: hasDisk ? tmpdir() : undefined,
  })
  return { text: () => metrics.registry.metrics(), add: (id: string) => (projects.push({ id }), notify()) }
}

describe('/metrics', () => {
  test('tells how far the log is behind, and how full the disk is', async () => {
    const text = await watched().text()
    expect(valueOf(text, 'touchline_log_lag_records')).toBe('3')
    expect(valueOf(text, 'touchline_log_lag_bytes')).toBe('4000')
    expect(valueOf(text, 'touchline_log_lag_oldest_seconds')).toBe('2.5')
    const free = Number(valueOf(text, 'touchline_disk_free_bytes'))
    expect(free).toBeGreaterThan(0)
    expect(Number(valueOf(text, 'touchline_disk_size_bytes'))).toBeGreaterThan(free)
  })

  test.each([
    'touchline_events_received_total{project="default"}',
    'touchline_events_dead_lettered_total{project="default"}',
    'touchline_events_rejected_total{project="default"}',
    'touchline_collect_requests_total{status="503"}',
    'touchline_collect_requests_total{status="429"}',
  ])('has %s at 0 before it counts', async (series) => {
    expect(valueOf(await watched().text(), series)).toBe('0')
  })

  test('has the counters of a project that was made meanwhile', async () => {
    const server = watched()
    server.add('shop')
    expect(valueOf(await server.text(), 'touchline_events_inserted_total{project="shop"}')).toBe('0')
  })

  test('says nothing of a lag that cannot be known, and nothing of a disk that is another machine’s', async () => {
    let isAway = false
    const lag = async () => {
      if (isAway) throw new Error('Kafka is away')
      return { records: 1, bytes: 1, oldestMs: 1 }
    }
    const server = watched(lag, { hasDisk: false })
    expect(valueOf(await server.text(), 'touchline_log_lag_records')).toBe('1')
    isAway = true
    const text = await server.text()
    expect(valueOf(text, 'touchline_log_lag_records')).toBeUndefined()
    expect(valueOf(text, 'touchline_disk_free_bytes')).toBeUndefined()
  })

  test('tells of erasures that are open, apart those that cannot go on', async () => {
    const metrics = createMetrics()
    const one = { project: 'shop', erasureId: 'e', requestedAt: '', waitsFor: '' }
    const looks: OpenErasures[] = []
    watchMetrics(metrics, {
      log: { lag: someLag },
      projects: { all: () => [], onChange: () => undefined },
      dataDir: undefined,
      openErasures: () => looks[0],
    })
    expect(await metrics.registry.metrics()).not.toContain('touchline_erasures_open{')
    looks.push({
      erasures: [
        { ...one, isStopped: true },
        { ...one, isStopped: false },
        { ...one, isStopped: false },
      ],
      problem: '',
    })
    const text = await metrics.registry.metrics()
    expect(valueOf(text, 'touchline_erasures_open{state="stopped"}')).toBe('1')
    expect(valueOf(text, 'touchline_erasures_open{state="running"}')).toBe('2')
  })
})
