/** Everybody a condition may be about: who has touches, and who is only known by facts. */
import type { Subject } from '@touchline/schemas/api'
import { touchesOf } from './touches.js'

/** Of a subject without a touch one row that is none: its kind is empty. */
const none = (from: string) => `
SELECT key, subject, fromUnixTimestamp64Milli(toInt64(0), 'UTC'), '', toUInt64(0), '', '', '', '', '', '', '', '', CAST([], 'Array(LowCardinality(String))'), '', '', toUInt64(0)
FROM ${from}`

const columns =
  'key, subject, at, message_id, person_key, kind, name, channel, source, medium, campaign, host, path, paths, referrer_host, direction, touch'

/** By id where only some are asked about, for that is what these tables are read by. */
const known: Record<Subject, (some: (column: string) => string) => string> = {
  person: (some) =>
    `(SELECT DISTINCT cityHash64(person) AS key, person AS subject FROM people FINAL WHERE project = {project: String}${some('person')})`,
  account: (some) => `(
SELECT DISTINCT cityHash64(account) AS key, account AS subject FROM account_people FINAL WHERE project = {project: String} AND notEmpty(periods)${some('account')}
UNION DISTINCT
SELECT DISTINCT cityHash64(account) AS key, account AS subject FROM account_traits WHERE project = {project: String}${some('account')}
)`,
}

/** SELECT key, subject: who is known by facts, with or without touches. */
export const knownSubjects = (subject: Subject, isOnly = false): string =>
  known[subject]((column) => (isOnly ? ` AND ${column} IN {only: Array(String)}` : ''))

/** As touchesOf, with the columns that conditions read, and everybody in it. */
export const universeOf = (subject: Subject, isOnly = false): string =>
  `(SELECT ${columns} FROM ${touchesOf(subject, isOnly)} UNION ALL ${none(knownSubjects(subject, isOnly))})`
