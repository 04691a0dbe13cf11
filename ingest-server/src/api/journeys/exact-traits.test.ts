/** Of deals with a number that no double holds, each is told by its digits and not taken for its neighbour. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCompanyApi, type CompanyApi } from '../../../../test-support/worlds/company-api.js'

let company: CompanyApi
beforeAll(async () => {
  company = await startCompanyApi()
})
afterAll(() => company.close())

test.each(['close', 'now'])('traits=%s', async (traits) => {
  const { clickhouse, server } = company
  // Two that a double would make one, by turns, said when each account was first heard of.
  await clickhouse.app.command({
    query: `INSERT INTO account_traits (project, account, name, value, verified, at, message_id, received_at)
SELECT project, account, 'ledger', if(cityHash64(account) % 2, '12345678901234567891', '12345678901234567892'), true, min(at), 'ledger', min(at)
FROM account_traits GROUP BY project, account`,
  })
  const answer = await server.app.inject({
    url: `/v1/icp?goal=won&lost=lost&traits=${traits}`,
    headers: { authorization: 'Bearer secret' },
  })
  expect(answer.statusCode, answer.body).toBe(200)
  const { findings } = answer.json<{ findings: { trait: string; value: unknown }[] }>()
  const values = findings.filter(({ trait }) => trait === 'ledger').map(({ value }) => value)
  expect(values.sort()).toEqual(['12345678901234567891', '12345678901234567892'])
})
