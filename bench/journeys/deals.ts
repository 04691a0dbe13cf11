/** Deals that some of the accounts win. */
import type { TestClickHouse } from '../touchpoints/data.js'

const won = 2_000

/** A conversion of some accounts a day after their last touch, in both tables. */
export async function insertDeals({ app }: Pick<TestClickHouse, 'app'>): Promise<void> {
  const columns =
    'project, at, touch, version, is_deleted, person, kind, name, channel, path, paths, value, currency, direction, same_session, anonymous'
  const deal = (touch: string) => `
SELECT project, max(at) + toIntervalDay(1) AS at, cityHash64(${touch}, 'deal') AS touch, 1 AS version, 0 AS is_deleted, any(person) AS person,
  'crm' AS kind, 'Deal Won' AS name, '' AS channel, '' AS path, [] AS paths, toFloat64(cityHash64(${touch}) % 90000 + 1000) / 7 AS value, 'EUR' AS currency,
  'outbound' AS direction, false AS same_session, false AS anonymous`
  const from = `FROM touchpoints_of_accounts WHERE account != 'big' GROUP BY project, account ORDER BY cityHash64(account) LIMIT ${won}`
  await app.command({
    query: `INSERT INTO touchpoints_of_accounts (${columns}, account, message_id) ${deal('account')}, account, concat('deal-', account) ${from}`,
  })
  await app.command({
    query: `INSERT INTO touchpoints_of_people (${columns}, accounts, message_ids) ${deal('account')}, [account], [concat('deal-', account)] ${from}`,
  })
}
