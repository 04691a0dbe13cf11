import { expect, test } from 'vitest'
import { cannotRunHere, explainFailure } from './engine-errors.js'

test.each([
  [
    'Code: 76. DB::Exception: Cannot lock file /d/status. Another server instance …',
    /Another process runs ClickHouse in \/data/,
  ],
  ['Code: 210. DB::Exception: Listen [127.0.0.1]:1 failed: … Address already in use', /CLICKHOUSE_HTTP_PORT/],
  [
    'Error: Error loading shared library ld-linux-x86-64.so.2',
    /not Alpine\/musl or Windows.*Set CLICKHOUSE_URL/,
  ],
  ["Cannot find module '@yuuang/ffi-rs-linux-x64-musl'", /Set CLICKHOUSE_URL/],
])('%s says what to do', (words, advice) => {
  expect(explainFailure(words, '/data')).toMatch(advice)
})

test('a port that is taken is said in one line, without what the engine traces', () => {
  const traced =
    'Received exception:\nCode: 210. DB::Exception: Listen [127.0.0.1]:9420 failed: Poco::Exception. Code: 1000, e.code() = 98, Net Exception: Address already in use: 127.0.0.1:9420 (version 26.7.2.1). (NETWORK_ERROR)\n\n2026.11.30 04:07:33.235562 [ 5081 ] {} <Fatal>'
  expect(explainFailure(traced, '/d')).toMatch(
    /^127\.0\.0\.1:9420 is taken, .*CLICKHOUSE_HTTP_PORT and CLICKHOUSE_TCP_PORT\.$/,
  )
  expect(explainFailure('listen EADDRINUSE: address already in use 127.0.0.1:9410', '/d')).toMatch(
    /^127\.0\.0\.1:9410 is taken, /,
  )
})

test('where the library cannot run, the way to a server is named', () => {
  expect(cannotRunHere('x')).toMatch(/cannot run here.*CLICKHOUSE_URL.*It said: x/)
})
