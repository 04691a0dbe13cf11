import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { grantStatements, type GrantOptions } from './grants.js'

const options: GrantOptions = {
  database: 'touchline',
  app: { name: 'touchline_app', password: 'secret-a' },
  reader: { name: 'touchline_reader', password: 'secret-b' },
  analyst: { name: "o'brien", password: 'secret-c' },
}
const variants: GrantOptions[] = [options, { ...options, cluster: { name: 'main' }, kafka: true }]

let clickhouse: TestClickHouse

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
})

afterAll(async () => {
  await clickhouse.close()
})

// The embedded server takes its users from a file and makes none by SQL, but it reads the same language.
test.each(variants)('ClickHouse can read every statement (%#)', async (variant) => {
  for (const statement of grantStatements(variant)) {
    const answer = await clickhouse.app.query({ query: `EXPLAIN AST ${statement}`, format: 'TabSeparated' })
    expect(await answer.text()).not.toBe('')
  }
})

test('every setting of the profiles is one that ClickHouse knows', async () => {
  const profiles = variants.flatMap(grantStatements).filter((statement) => statement.includes(' PROFILE IF '))
  const names = profiles.flatMap((text) =>
    text
      .slice(text.lastIndexOf(' SETTINGS ') + 10)
      .split(', ')
      .map((setting) => setting.split(' = ')[0]),
  )
  const answer = await clickhouse.app.query({
    query: 'SELECT name FROM system.settings',
    format: 'JSONEachRow',
  })
  const known = new Set((await answer.json<{ name: string }>()).map((row) => row.name))
  expect(names.filter((name) => !known.has(name ?? ''))).toEqual([])
})

test('no password stands in the text, and readers get nothing but SELECT', () => {
  for (const statement of variants.flatMap(grantStatements)) {
    expect(statement).not.toContain('secret')
    if (statement.startsWith('GRANT') && /TO `(touchline_reader|o'brien)`/.test(statement)) {
      expect(statement).toMatch(/^GRANT( ON CLUSTER `main`)? SELECT ON `touchline`\.\* /)
    }
  }
})
