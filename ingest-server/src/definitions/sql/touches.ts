/**
 * Where the touches of a question come from: one row a touch and subject, the same columns for persons and accounts.
 * Total order of a subject's touches: at, message_id, touch.
 */
import type { Subject } from '@touchline/schemas/api'
import { asOfSql } from './bag.js'

const columns =
  'at, touch, person, person_key, kind, name, channel, source, medium, campaign, host, path, paths, referrer_host, value, currency, direction, same_session, anonymous'

const until = `project = {project: String} AND at <= ${asOfSql}`

const selected: Record<Subject, string> = {
  person: `person_key AS key, person AS subject, message_ids[1] AS message_id, ${columns} FROM touchpoints_of_people`,
  account: `account_key AS key, account AS subject, message_id, ${columns} FROM touchpoints_of_accounts`,
}

const standing = (subject: Subject, more: string) =>
  `(SELECT ${selected[subject]} FINAL WHERE ${until}${more})`

/** Where a subject's touches were written: several versions of one where they were not merged yet. */
export const touchpointTables: Readonly<Record<Subject, string>> = {
  person: 'touchpoints_of_people',
  account: 'touchpoints_of_accounts',
}

/** Of `{keys: Array(String)}`, in which numbers of 64 bits are texts. */
export const amongKeys = 'IN (SELECT toUInt64(arrayJoin({keys: Array(String)})))'

/** Keys of the subjects that are asked about. */
export const onlyKeys = '(SELECT cityHash64(arrayJoin({only: Array(String)})))'

/**
 * A FROM expression; unused columns are not read. It asks for `{project: String}` and `{asOf: …}`; with `isOnly` for
 * `{only: Array(String)}` too, the ids of the subjects that are asked about.
 */
export const touchesOf = (subject: Subject, isOnly = false): string =>
  standing(subject, isOnly ? ` AND ${subject}_key IN ${onlyKeys}` : '')

/** The same of the subjects whose keys are in `{keys: Array(String)}`, found by primary key. */
export const touchesOfKeys = (subject: Subject): string =>
  standing(subject, ` AND ${subject}_key ${amongKeys}`)

/**
 * The same with what no longer holds: earlier versions of a touch, and those taken back. For a first look at who may
 * have one, three times as fast.
 */
export const touchesEverOf = (subject: Subject): string => `(SELECT ${selected[subject]} WHERE ${until})`

/** What a statement over touches is sent with: partitions do not share keys, since the time is in the key. */
export const touchSettings = { do_not_merge_across_partitions_select_final: 1 } as const
