/**
 * Which rows are an erased person's, in SQL. A condition names nobody: it hashes what stands in the row and looks
 * for the hash, because the text of a mutation stays in files of its own and in system.mutations.
 *
 * Parameters of every condition: salt, hashes/froms/tos/received (parallel arrays, milliseconds), whole (hashes of
 * identifiers that were nobody else's before), project, epoch.
 */
import { addressesInSql, mayHoldWideAddressSql } from '../log/addresses-in-text.js'
import { textColumns, type Tombstones } from '../log/tombstones.js'
import { userTextsInSql } from '../log/user-ids-in-text.js'

const hashOf = (expression: string) => `lower(hex(SHA256(concat({salt: String}, ${expression}))))`

/**
 * `expression` was theirs at `time`, or was until the erasure and this was `received` before. Hashed once, in a list of
 * one, so that the lambda below it can use it twice.
 */
function isErased(expression: string, time: string, received?: string): string {
  const ms = `toUnixTimestamp64Milli(${time})`
  const end = received ? `(${ms} < t OR toUnixTimestamp64Milli(${received}) < r)` : `${ms} < t`
  return (
    'arrayExists(k -> has({hashes: Array(String)}, k) AND ' +
    `arrayExists((h, f, t, r) -> h = k AND ${ms} >= f AND ${end}, {hashes: Array(String)}, {froms: Array(Int64)}, {tos: Array(Int64)}, {received: Array(Int64)}), ` +
    `[${hashOf(expression)}])`
  )
}

const isWhole = (expression: string) => `has({whole: Array(String)}, ${hashOf(expression)})`
const isAnyErased = (names: string, time: string, received: string) =>
  `arrayExists(n -> ${isErased('n', time, received)}, arrayFilter(n -> NOT startsWith(n, 'anon:'), ${names}))`

const isAnyAddressErased = (text: string, time: string, received: string) =>
  `arrayExists(n -> ${isErased("concat('email:', n)", time, received)}, ${addressesInSql(text)})`

const isAnyUserErased = (json: string, time: string, received: string) =>
  `arrayExists(n -> ${isErased("concat('user:', n)", time, received)}, ${userTextsInSql(json)})`

const ofProject = 'project = {project: String}'

export const theirEvents = `${ofProject} AND ${isErased('subject', 'occurred_at', 'received_at')}`

const joined = (texts: readonly string[], ...lists: readonly string[]) =>
  `arrayStringConcat(arrayConcat([${texts.map((text) => `toString(${text})`).join(', ')}], ${lists.join(', ')}), ' ')`
const saidTraits = ['person_traits.value', 'group_traits.value']

// tombstones.ts, addressesOf.
const textOfEvent = joined(['properties', 'traits', 'context', ...textColumns], ...saidTraits)

// tombstones.ts, userTextsOf.
const traitsOfEvent = joined(['traits'], ...saidTraits)

/** Somebody else's events that name them (tombstones.ts, namesIn), or hold their address anywhere or their user id in a trait. */
export const eventsThatMention =
  `${ofProject} AND NOT ${isErased('subject', 'occurred_at', 'received_at')} AND (` +
  [
    `(email != '' AND ${isErased("concat('email:', email)", 'occurred_at', 'received_at')})`,
    `(previous_id != '' AND ${isErased("concat('user:', previous_id)", 'occurred_at', 'received_at')})`,
    isAnyErased('arrayConcat(links.identifier, links.other)', 'occurred_at', 'received_at'),
    isAnyAddressErased(textOfEvent, 'occurred_at', 'received_at'),
    isAnyUserErased(traitsOfEvent, 'occurred_at', 'received_at'),
  ].join(' OR ') +
  ')'

/** Somebody else's events that may hold their address in letters that SQL cannot bring into its one form. */
export const eventsToReadOn = `${ofProject} AND NOT ${isErased('subject', 'occurred_at', 'received_at')} AND ${mayHoldWideAddressSql(textOfEvent)}`

/** What was written before their events were written anew, under the same keys. */
export const replacedEvents: ErasedRows = {
  table: 'events',
  condition: `${ofProject} AND has({ids: Array(String)}, ${hashOf('message_id')}) AND toUnixTimestamp64Milli(stored_at) < {before: Int64} AND NOT ${isErased('subject', 'occurred_at', 'received_at')}`,
}

/** Others' traits of that kind. */
const textOfTrait = "concat(name, ' ', value)"
export const traitsToReadOn = `${ofProject} AND ${mayHoldWideAddressSql(textOfTrait)}`
export const traitTables = ['traits', 'account_traits'] as const
export const traitsOfValues = (table: (typeof traitTables)[number]): ErasedRows => ({
  table,
  condition: `${ofProject} AND has({ids: Array(String)}, toString(cityHash64(name, value)))`,
})

/** What others said of a person or an account, and names them in it. */
const traitNames = `${isAnyAddressErased(textOfTrait, 'at', 'received_at')} OR ${isAnyUserErased('value', 'at', 'received_at')}`

/** A new person may bear an old name: then there are events since, and what they brought about is not counted. */
const isNotNew = (names: string) =>
  `AND ${hashOf(names)} NOT IN (SELECT ${hashOf('n')} FROM (SELECT arrayJoin([subject, concat('email:', email)]) AS n FROM events WHERE ${ofProject} AND (${isWhole('subject')} OR ${isWhole("concat('email:', email)")})))`

/** What they said about an account stays, for it is the account's; that it was they who said it does not. */
export const accountMessages = `
SELECT DISTINCT ${hashOf('message_id')} AS id FROM events WHERE ${theirEvents} AND notEmpty(group_traits)`

const isOfMessages = `${ofProject} AND has({ids: Array(String)}, ${hashOf('message_id')})`

export const renameAccountFacts = `
INSERT INTO account_traits (project, account, name, at, message_id, value, verified, received_at, version)
SELECT project, account, name, at, ${hashOf('message_id')}, value, verified, received_at, version
FROM account_traits FINAL
WHERE ${isOfMessages}`

/**
 * The erased person's events, except those with account traits that came after `ids` were read: they stay for the next
 * pass, because only the event says who the author of such a trait is.
 */
export const eventsToRemove: ErasedRows = {
  table: 'events',
  condition: `(${theirEvents} AND (empty(group_traits) OR has({ids: Array(String)}, ${hashOf('message_id')}))) OR (${eventsThatMention})`,
}

export const renamedAccountFacts: ErasedRows = { table: 'account_traits', condition: isOfMessages }

export interface ErasedRows {
  table: string
  /** For the mutation that deletes. */
  condition: string
  /** For the check, where it differs: rows that a new person of the same name has since brought about do not count. */
  remaining?: string
}

// That an address was seen has no time.
const changeOfTheirs = `(kind != 'email' AND (${isErased('identifier', 'at', 'stored_at')} OR ${isErased('other', 'at', 'stored_at')}))`

/** Everything that they said or that names them. */
export const erasedEvents: ErasedRows = {
  table: 'events',
  condition: `(${theirEvents}) OR (${eventsThatMention})`,
}

export const changesSeen: ErasedRows = {
  table: 'identity_changes_seen',
  condition: `${ofProject} AND (${changeOfTheirs} OR (kind = 'email' AND ${isWhole('identifier')}))`,
  remaining: `${ofProject} AND (${changeOfTheirs} OR (kind = 'email' AND ${isWhole('identifier')} ${isNotNew('identifier')}))`,
}

/** What the views unfolded from events, in the order in which it goes: after the events, or they would bring it back. */
export const facts: readonly ErasedRows[] = [
  {
    table: 'links',
    condition: `${ofProject} AND ${isAnyErased('[identifier, other]', 'at', 'received_at')}`,
  },
  {
    table: 'traits',
    condition: `${ofProject} AND (${isErased('identifier', 'at', 'received_at')} OR (name = 'email' AND ${isErased("concat('email:', lowerUTF8(normalizeUTF8NFC(trimBoth(JSONExtractString(value)))))", 'at', 'received_at')}) OR ${traitNames})`,
  },
  { table: 'account_traits', condition: `${ofProject} AND (${traitNames})` },
  {
    table: 'memberships',
    condition: `${ofProject} AND ${isErased('identifier', 'at', 'received_at')}`,
  },
  {
    table: 'account_subjects',
    condition: `${ofProject} AND ${isWhole('subject')}`,
    remaining: `${ofProject} AND ${isWhole('subject')} ${isNotNew('subject')}`,
  },
  {
    table: 'email_hosts',
    condition: `${ofProject} AND ${isWhole("concat('email:', email)")}`,
    remaining: `${ofProject} AND ${isWhole("concat('email:', email)")} ${isNotNew("concat('email:', email)")}`,
  },
  changesSeen,
]

const isOlder = 'AND bitShiftRight(version, 64) < toUInt128({epoch: UInt64})'

/** What stitch derived from the facts before they were gone. */
export const derived: readonly ErasedRows[] = [
  {
    table: 'identity_map',
    condition: `${ofProject} AND (${isWhole('identifier')} OR arrayExists(n -> ${isWhole('n')}, arrayConcat(owners.person, contested.identifier))) ${isOlder}`,
  },
  { table: 'people', condition: `${ofProject} AND ${isWhole('person')} ${isOlder}` },
  { table: 'account_people', condition: `${ofProject} AND ${isWhole('person')} ${isOlder}` },
  // Of everybody, since an account's entry names the message that made it so. They are worked out anew.
  {
    table: 'kept_stage_entries',
    condition: `${ofProject} AND toUnixTimestamp64Milli(worked_out_at) < {epoch: Int64}`,
  },
]

/** The time in a row's version, which is taken before anything is read for the row. */
const formedAt = "fromUnixTimestamp64Milli(toInt64(intDiv(version, 1000)), 'UTC')"

/** What a touchpoint shows of the words of its events. Whose own id or account an address is goes on being called so. */
const ownLabel = "kind = 'joined_account' OR person = concat('user:', label)"
const textOfTouch = joined(
  ['name', `if(${ownLabel}, '', label)`, 'channel', 'source', 'medium', 'campaign', 'path'],
  ...['paths', 'sources'],
)
const textOfAccountTouch = joined(['name', 'channel', 'path'], 'paths')
const isShownByOthers = `((kind = 'identified' AND label != '' AND NOT (${ownLabel}) AND (${isErased("concat('email:', label)", 'at')} OR ${isErased("concat('user:', label)", 'at')})) OR ${isAnyAddressErased(textOfTouch, 'at', formedAt)})`

/**
 * Touchpoints of theirs, by their own time: one that is formed from events that were read before they went is found by
 * the next check, and a new person of the same name has later ones. Who else's touchpoint shows the address (somebody
 * identified themselves by it) has it formed anew without.
 */
export const touchpoints: readonly ErasedRows[] = [
  {
    table: 'touchpoints_of_people',
    condition: `${ofProject} AND (${isErased('person', 'at', formedAt)} OR ${isShownByOthers})`,
  },
  {
    table: 'touchpoints_of_accounts',
    condition: `${ofProject} AND (${isErased('person', 'at', formedAt)} OR ${isAnyAddressErased(textOfAccountTouch, 'at', formedAt)})`,
  },
  {
    table: 'touchpoint_changes',
    condition: `${ofProject} AND ((isNotNull(low) AND ${isErased('identifier', 'assumeNotNull(low)')}) OR (isNull(low) AND ${isWhole('identifier')}))`,
    remaining: `${ofProject} AND ((isNotNull(low) AND ${isErased('identifier', 'assumeNotNull(low)')}) OR (isNull(low) AND ${isWhole('identifier')} ${isNotNew('identifier')}))`,
  },
]

const isWholePerson = (name: string) => `subject_kind = 'person' AND ${isWhole(name)}`

/**
 * What was derived for segments and scores, and what was said outward of them. What a record became true by happened before
 * the erasure, also where a pass that was under way wrote it after.
 */
export const engagement: readonly ErasedRows[] = [
  {
    table: 'segment_memberships',
    condition: `${ofProject} AND ${isWholePerson('subject')}`,
    remaining: `${ofProject} AND is_deleted = 0 AND ${isWholePerson('subject')} ${isNotNew('subject')}`,
  },
  {
    table: 'score_values',
    condition: `${ofProject} AND ${isWholePerson('subject')}`,
    remaining: `${ofProject} AND is_deleted = 0 AND ${isWholePerson('subject')} ${isNotNew('subject')}`,
  },
  {
    table: 'segment_transitions',
    condition: `${ofProject} AND (${isErased('subject', 'valid_at', 'known_at')} OR (moved_to != '' AND ${isErased('moved_to', 'valid_at', 'known_at')}))`,
  },
  {
    table: 'segment_transition_feed',
    condition: `${ofProject} AND ${isErased('subject', 'valid_at', 'known_at')}`,
  },
  { table: 'segment_additions', condition: `${ofProject} AND ${isErased('identifier', 'at')}` },
  {
    table: 'handoff_records',
    condition: `${ofProject} AND (${isErased('subject', 'at')} OR ${isErased('person', 'at')})`,
  },
  {
    table: 'engage_changes',
    condition: `${ofProject} AND ${isWhole('id')}`,
    remaining: `${ofProject} AND ${isWhole('id')} ${isNotNew('id')}`,
  },
]

/**
 * Runs, deliveries and changes of theirs: of somebody who is gone nothing goes on, and what was to be sent is not.
 */
export const programs: readonly ErasedRows[] = [
  {
    table: 'program_facts',
    condition: `${ofProject} AND (${isErased('subject', 'at')} OR ${isErased('person', 'at')})`,
  },
  { table: 'program_runs_now', condition: `${ofProject} AND ${isErased('subject', 'at')}` },
  {
    table: 'deliveries_decided',
    condition: `${ofProject} AND arrayExists(n -> ${isErased('n', 'decided_at')}, subjects)`,
  },
  {
    table: 'delivery_attempts',
    condition: `${ofProject} AND arrayExists(n -> ${isErased('n', 'at')}, subjects)`,
  },
  {
    table: 'delivery_states',
    condition: `${ofProject} AND arrayExists(n -> ${isErased('n', 'at')}, subjects)`,
  },
  { table: 'change_records', condition: `${ofProject} AND ${isErased('subject', 'at')}` },
  {
    // Touchpoints that go are changes too, and are seen after the erasure.
    table: 'changes_seen',
    condition: `${ofProject} AND ${isWhole('subject')}`,
    remaining: `${ofProject} AND ${isWhole('subject')} ${isNotNew('subject')}`,
  },
]

/** Whose device or address they shared, and who bears their name now: formed anew from what is left. */
export const touchpointsToFormAnew = `
INSERT INTO touchpoint_changes (stored_at, project, identifier)
SELECT DISTINCT now64(3, 'UTC'), project, person
FROM touchpoints_of_people
WHERE ${ofProject} AND ${isShownByOthers} AND NOT ${isErased('person', 'at')}`

/** Identifiers that others had as well (a shared device): stitch has to look at them again. */
export const sharedIdentifiers = `
INSERT INTO identity_changes_seen (stored_at, project, kind, identifier)
SELECT now64(3, 'UTC'), project, 'erased', identifier
FROM identity_map FINAL
WHERE ${ofProject} AND NOT ${isWhole('identifier')}
  AND arrayExists(n -> ${isWhole('n')}, arrayConcat(owners.person, contested.identifier))`

/** Events of a new person of the same name, once more through the views, whose rows went with the old ones. */
export const repeatNewEvents = `
INSERT INTO events
SELECT * FROM events
WHERE ${ofProject} AND (${isWhole('subject')} OR ${isWhole("concat('email:', email)")})`

/** Rows that may name them in `text`, which is JSON or anybody's words, written at `time`: erased-texts.ts judges them. */
export const mayNameErased = (text: string, time: string): string => {
  const isNamed = (name: string) => `(${isWhole(name)} OR ${isErased(name, time)})`
  return `${ofProject} AND (${mayHoldWideAddressSql(text)} OR arrayExists(n -> ${isNamed("concat('email:', n)")}, ${addressesInSql(text)}) OR arrayExists(n -> ${isNamed('n')} OR ${isNamed("concat('user:', n)")}, ${userTextsInSql(text)}))`
}

export function sqlParams(project: string, { salt, list }: Tombstones, epoch: number) {
  return {
    project,
    epoch,
    salt,
    hashes: list.map(({ hash }) => hash),
    // Before any time that a column holds.
    froms: list.map(({ from }) => from ?? -9_000_000_000_000_000),
    tos: list.map(({ to }) => to),
    received: list.map(({ receivedTo }) => receivedTo ?? -9_000_000_000_000_000),
    whole: list.filter(({ isWhole: whole }) => whole).map(({ hash }) => hash),
  }
}
