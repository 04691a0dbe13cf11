-- Touchpoints as a table: formed in one place (touchpoints/touchpoints.ts), asked by everybody. Derived: `touchline
-- touchpoints --rebuild` makes the same rows from the events. Kept up by touchpoints/upkeep.ts.
--
-- `at` is in the key, so that a partition and the order of a person's rows are one thing; a touchpoint whose time
-- moves is therefore a tombstone and a new row. Quarters and the settings were measured
-- (docs/decisions/007-touchpoints-as-a-table.md).
CREATE TABLE IF NOT EXISTS touchpoints_of_people
(
    project LowCardinality(String) COMMENT 'Tenant',
    person_key UInt64 DEFAULT cityHash64(person) COMMENT 'Hash of person: what joins and groups are made by' CODEC(Delta, ZSTD(1)),
    at DateTime64(3, 'UTC') COMMENT 'When it happened; of a visit its first event' CODEC(Delta, ZSTD(1)),
    touch UInt64 COMMENT 'Hash of what names the touchpoint: person, time, kind, first message' CODEC(NONE),

    version UInt64 COMMENT 'ClickHouse''s time before anything was read for this row, in microseconds; never falls' CODEC(Delta, ZSTD(1)),
    is_deleted UInt8 COMMENT '1: there is no such touchpoint any longer',
    digest UInt64 COMMENT 'Hash of everything that the row says: only what changed is written',
    person String COMMENT 'Canonical identifier of whose it is' CODEC(ZSTD(1)),

    kind LowCardinality(String) COMMENT 'visit, action, identified, joined_account, offline, email, ad, crm',
    name LowCardinality(String) COMMENT 'What it is grouped by: name of the event; of a visit the landing page''s given name, else its path; else the kind' CODEC(ZSTD(1)),
    label String COMMENT 'What is shown where that is something else: the landing page''s title, the address, user or account it is about' CODEC(ZSTD(1)),
    channel LowCardinality(String) COMMENT 'Where it came from; during a visit the visit''s',
    channel_rule LowCardinality(String) COMMENT 'Id of the channel rule that matched',
    source LowCardinality(String) COMMENT 'utm_source or what the rule says' CODEC(ZSTD(1)),
    medium LowCardinality(String) COMMENT 'utm_medium or what the rule says',
    campaign LowCardinality(String) COMMENT 'utm_campaign' CODEC(ZSTD(1)),
    path LowCardinality(String) COMMENT 'Path of the page; of a visit the landing page' CODEC(ZSTD(1)),
    paths Array(LowCardinality(String)) COMMENT 'Of a visit the paths of its pages in order, at most 50' CODEC(ZSTD(1)),
    pages UInt16 COMMENT 'Of a visit how many pages it saw',
    until DateTime64(3, 'UTC') COMMENT 'When the last event that belongs to it happened' CODEC(Delta, ZSTD(1)),
    same_session Bool COMMENT 'A visit that began within a session, by another campaign or click id',
    value Nullable(Float64) COMMENT 'Amount that the event names (revenue, value, total, amount), null where it names none',
    currency LowCardinality(String) COMMENT 'Currency of value as sent, upper case',
    direction LowCardinality(String) COMMENT 'inbound or outbound: who spoke to whom',
    anonymous Bool COMMENT 'Nobody had said who it is',
    accounts Array(LowCardinality(String)) COMMENT 'Accounts that it counts for' CODEC(ZSTD(1)),
    sources Array(LowCardinality(String)) COMMENT 'Who told it: web, server, the library or importer that named itself' CODEC(ZSTD(1)),

    subject String COMMENT 'Of the shown event: where it stands in events, with client_time' CODEC(ZSTD(1)),
    client_time DateTime64(3, 'UTC') COMMENT 'Of the shown event: where it stands in events' CODEC(Delta, ZSTD(1)),
    message_ids Array(String) COMMENT 'The events that told it, the shown one first' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toStartOfQuarter(at)
ORDER BY (project, person_key, at, touch)
SETTINGS index_granularity = 512, min_compress_block_size = 16384, primary_key_ratio_of_unique_prefix_values_to_skip_suffix_columns = 1
COMMENT 'Touchpoints of everybody, by person; read it with FINAL, or through the views';

-- The same by account, a row for each account that a touchpoint counts for, with what questions about accounts read.
CREATE TABLE IF NOT EXISTS touchpoints_of_accounts
(
    project LowCardinality(String) COMMENT 'Tenant',
    account_key UInt64 DEFAULT cityHash64(account) COMMENT 'Hash of account: what joins and groups are made by' CODEC(Delta, ZSTD(1)),
    at DateTime64(3, 'UTC') COMMENT 'When it happened; of a visit its first event' CODEC(Delta, ZSTD(1)),
    touch UInt64 COMMENT 'As in touchpoints_of_people' CODEC(NONE),

    version UInt64 COMMENT 'As in touchpoints_of_people' CODEC(Delta, ZSTD(1)),
    is_deleted UInt8 COMMENT '1: it does not count for the account any longer',
    account String COMMENT 'Account id' CODEC(ZSTD(1)),
    person_key UInt64 DEFAULT cityHash64(person) COMMENT 'Hash of person' CODEC(ZSTD(1)),
    person String COMMENT 'Canonical identifier of whose it is' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'visit, action, identified, joined_account, offline, email, ad, crm',
    name LowCardinality(String) COMMENT 'What it is grouped by, as in touchpoints_of_people' CODEC(ZSTD(1)),
    channel LowCardinality(String) COMMENT 'Where it came from; during a visit the visit''s',
    path LowCardinality(String) COMMENT 'Path of the page; of a visit the landing page' CODEC(ZSTD(1)),
    paths Array(LowCardinality(String)) COMMENT 'Of a visit the paths of its pages in order, at most 50' CODEC(ZSTD(1)),
    value Nullable(Float64) COMMENT 'Amount that the event names, null where it names none',
    currency LowCardinality(String) COMMENT 'Currency of value as sent, upper case',
    direction LowCardinality(String) COMMENT 'inbound or outbound: who spoke to whom',
    same_session Bool COMMENT 'A visit that began within a session, by another campaign or click id',
    anonymous Bool COMMENT 'Nobody had said who it is'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toStartOfQuarter(at)
ORDER BY (project, account_key, at, touch)
SETTINGS index_granularity = 512, min_compress_block_size = 16384, primary_key_ratio_of_unique_prefix_values_to_skip_suffix_columns = 1
COMMENT 'Touchpoints of everybody, by account; read it with FINAL';

-- What changed lately, in the order of insertion: which subjects have new events and between which times, and whose
-- identity changed. The views hang on the tables whose rows the upkeep reads, so a change is seen here only after
-- what it is about can be read.
CREATE TABLE IF NOT EXISTS touchpoint_changes
(
    stored_at DateTime64(3, 'UTC') COMMENT 'When ClickHouse inserted what changed',
    project LowCardinality(String) COMMENT 'Tenant',
    identifier String COMMENT 'Subject of the events, or the identifier whose owner changed',
    low Nullable(DateTime64(3, 'UTC')) COMMENT 'Of events the earliest occurred_at; null: everything of whoever this is',
    high Nullable(DateTime64(3, 'UTC')) COMMENT 'Of events the latest occurred_at'
)
ENGINE = MergeTree
ORDER BY stored_at
TTL toDateTime(stored_at) + INTERVAL 7 DAY
COMMENT 'Whose touchpoints have to be formed again, by time of insertion; read by the upkeep of touchpoints';

CREATE MATERIALIZED VIEW IF NOT EXISTS touchpoint_changes_of_events TO touchpoint_changes AS
SELECT now64(3, 'UTC') AS stored_at, project, subject AS identifier, min(occurred_at) AS low, max(occurred_at) AS high
FROM events
GROUP BY project, subject;

-- Who a device or an address belongs to: its owners and, where it has none any longer, itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS touchpoint_changes_of_identity TO touchpoint_changes AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, arrayJoin(arrayPushBack(owners.person, identifier)) AS identifier,
    CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS low, CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS high
FROM identity_map;

-- A person, and what they hold: each may have been a person before.
CREATE MATERIALIZED VIEW IF NOT EXISTS touchpoint_changes_of_people TO touchpoint_changes AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, arrayJoin(arrayPushBack(identifiers.identifier, person)) AS identifier,
    CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS low, CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS high
FROM people;

-- Who does which part of a derived table's upkeep, and how far it is. The work is cut into slots; of each slot the
-- highest term counts, and in it the claim that came first. A row is renewed while its holder lives.
CREATE TABLE IF NOT EXISTS projection_leases
(
    name LowCardinality(String) COMMENT 'Which derived table: touchpoints, identity',
    slot UInt16 COMMENT 'Which part of it; 65535: only says that the process lives',
    term UInt64 COMMENT 'Rises by one whenever the slot changes hands',
    holder String COMMENT 'Id of the process, made at its start',
    claimed_at DateTime64(3, 'UTC') COMMENT 'When this claim was made, by ClickHouse''s clock',
    beat UInt64 COMMENT 'Rises with every renewal; a holder whose beat stands still for long is overruled',
    is_released Bool COMMENT 'Given back: anybody may claim it at once',
    settled_until Nullable(DateTime64(3, 'UTC')) COMMENT 'All changes stored until then are worked in',
    sweep String COMMENT 'JSON: where the slow pass over everything goes on, and how many rounds are done'
)
ENGINE = ReplacingMergeTree(beat)
ORDER BY (name, slot, term, holder)
COMMENT 'Who keeps which part of a derived table up to date, and how far that is';
