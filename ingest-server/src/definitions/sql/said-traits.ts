/** What was said of traits, in SQL: the one reading that conditions, breakdowns, profiles and personas share. */
import type { Subject } from '@touchline/schemas/api'
import { saysSomething } from './compare.js'

/** The latest value of one trait of one subject; what was verified comes before what was not. */
export const latestTrait = 'argMax(value, (verified, at, message_id))'

/**
 * SELECT subject, name, value (JSON text), at, verified, message_id: statements for which `only` holds, a condition on
 * `name` and `at`. What says nothing ("N/A") was not said. A trait stated on a shared device counts for the person who
 * held the device at that time.
 */
export function saidTraits(subject: Subject, only: string): string {
  const said = `project = {project: String} AND ${only} AND ${saysSomething('value')}`
  if (subject === 'account')
    return `SELECT account AS subject, name, value, at, verified, message_id FROM account_traits FINAL WHERE ${said}`
  return `
SELECT if(held.person = '', said.identifier, held.person) AS subject, said.name AS name, said.value AS value, said.at AS at, said.verified AS verified, said.message_id AS message_id
FROM (SELECT identifier, name, value, at, verified, message_id FROM traits FINAL WHERE ${said}) AS said
LEFT JOIN (
  SELECT person, i.identifier AS identifier, i.from AS from, i.to AS to
  FROM people FINAL ARRAY JOIN identifiers AS i WHERE project = {project: String}
) AS held ON held.identifier = said.identifier
WHERE (held.from IS NULL OR said.at >= held.from) AND (held.to IS NULL OR said.at < held.to)`
}
