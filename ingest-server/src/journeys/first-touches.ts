/** The first touch of subjects and the number of their touches: for the few that are shown, in one statement. */
import type { FirstTouch, Subject } from '@touchline/schemas/api'
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { asOfParam } from '../definitions/sql/bag.js'
import { touchesOfKeys, touchSettings } from '../definitions/sql/touches.js'

export interface Beginning {
  touches: number
  people: number
  firstTouch: FirstTouch
}

interface BeginningRow extends Omit<FirstTouch, 'campaign' | 'page' | 'pages'> {
  key: string
  touches: number
  people: number
  source: string
  medium: string
  campaign: string
  path: string
  pages: number
}

// The full row of an account's touch stands among the touches of its person, found by primary key.
const beginnings = (subject: Subject): NamedQuery => ({
  name: `first-touches-of-${subject}s`,
  sql: `
WITH begun AS (
  SELECT key, count() AS touches, uniqExact(person_key) AS people,
    argMin((person_key, at, touch), (at, message_id, touch)) AS first
  FROM ${touchesOfKeys(subject)}
  WHERE kind != ''
  GROUP BY key
)
SELECT toString(begun.key) AS key, touches, people, at, kind, name, channel, source, medium, campaign, path, pages, person, messageId
FROM begun
INNER JOIN (
  SELECT (person_key, at, touch) AS place, at, kind, if(label = '', name, label) AS name, channel, source, medium, campaign, path, pages, person,
    message_ids[1] AS messageId
  FROM touchpoints_of_people FINAL
  WHERE project = {project: String} AND (person_key, at, touch) IN (SELECT first.1, first.2, first.3 FROM begun)
) AS told ON told.place = begun.first`,
  settings: touchSettings,
})

/** By key, without subjects that have no touch until `asOf`. */
export async function readBeginnings(
  reader: Reader,
  subject: Subject,
  keys: readonly string[],
  asOf: number,
): Promise<Map<string, Beginning>> {
  if (keys.length === 0) return new Map()
  const rows = await query<BeginningRow>(reader, beginnings(subject), { ...asOfParam(asOf), keys })
  return new Map(
    rows.map(({ key, touches, people, ...touch }) => {
      const { at, kind, name, channel, person, messageId, path, pages, source, medium, campaign } = touch
      const named = Object.entries({ source, medium, name: campaign }).filter(([, value]) => value !== '')
      const firstTouch = {
        ...{ at, kind, name, channel, person, messageId },
        ...(named.length > 0 && { campaign: Object.fromEntries(named) }),
        ...(path !== '' && { page: path }),
        ...(kind === 'visit' && { pages }),
      }
      return [key, { touches, people, firstTouch }]
    }),
  )
}
