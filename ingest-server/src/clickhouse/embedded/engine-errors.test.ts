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

test('where the library cannot run, the way to a server is named', () => {
  expect(cannotRunHere('x')).toMatch(/cannot run here.*CLICKHOUSE_URL.*It said: x/)
})
