-- Who is who. `links` are facts, append-only, in both directions; the three tables at the end are derived by stitch.
CREATE TABLE IF NOT EXISTS links
(
    project LowCardinality(String) COMMENT 'Tenant',
    identifier String COMMENT 'One side, typed: anon:…, user:…, email:…',
    other String COMMENT 'The other side',
    kind LowCardinality(String) COMMENT 'claim, alias, unlink, relink',
    message_id String COMMENT 'The message that said so',
    claimer String COMMENT 'Which of the two sides made the claim (a user or an email); the fact reads claimer → claimed',
    verified Bool COMMENT 'Said with a secret key or a signed token',
    at DateTime64(3, 'UTC') COMMENT 'Time of the claim (R5 applied)',
    received_at DateTime64(3, 'UTC') COMMENT 'When collect read the message; as_of looks at this',
    version UInt64 COMMENT 'First received copy stays'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, identifier, other, kind, message_id)
SETTINGS index_granularity = 1024
COMMENT 'Facts: this message said that these two identifiers are the same person';

CREATE MATERIALIZED VIEW IF NOT EXISTS links_of_events TO links AS
SELECT
    project,
    side.1 AS identifier,
    side.2 AS other,
    link.kind AS kind,
    message_id,
    link.identifier AS claimer,
    link.verified AS verified,
    link.at AS at,
    received_at,
    version
FROM events
ARRAY JOIN links AS link
ARRAY JOIN [(link.identifier, link.other), (link.other, link.identifier)] AS side;

-- What changed lately, in the order of insertion, so that stitch's look costs what is new and not what there is.
CREATE TABLE IF NOT EXISTS identity_changes_seen
(
    stored_at DateTime64(3, 'UTC') COMMENT 'When ClickHouse inserted the fact',
    project LowCardinality(String) COMMENT 'Tenant',
    identifier String COMMENT 'Identifier (or account:… ) that a new fact is about'
)
ENGINE = MergeTree
ORDER BY stored_at
TTL toDateTime(stored_at) + INTERVAL 7 DAY
COMMENT 'Which identifiers new facts are about, by time of insertion; read by stitch';

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_of_links TO identity_changes_seen AS
SELECT now64(3, 'UTC') AS stored_at, project, arrayJoin([link.identifier, link.other]) AS identifier
FROM events
ARRAY JOIN links AS link;

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_of_memberships TO identity_changes_seen AS
SELECT now64(3, 'UTC') AS stored_at, project, arrayJoin([m.identifier, concat('account:', m.account)]) AS identifier
FROM events
ARRAY JOIN memberships AS m;

CREATE TABLE IF NOT EXISTS traits
(
    project LowCardinality(String) COMMENT 'Tenant',
    identifier String COMMENT 'Whom it was said about',
    name String COMMENT 'Trait name',
    at DateTime64(3, 'UTC') COMMENT 'occurred_at of the message',
    message_id String COMMENT 'The message that said so',
    value String COMMENT 'JSON text of the value',
    verified Bool COMMENT 'Said with a secret key or a signed token',
    received_at DateTime64(3, 'UTC') COMMENT 'When collect read the message',
    version UInt64 COMMENT 'First received copy stays'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, identifier, name, message_id)
SETTINGS index_granularity = 1024
COMMENT 'What was said about a person, when, by which message';

CREATE MATERIALIZED VIEW IF NOT EXISTS traits_of_events TO traits AS
SELECT project, subject AS identifier, t.name AS name, occurred_at AS at, message_id, t.value AS value, verified, received_at, version
FROM events
ARRAY JOIN person_traits AS t;

CREATE TABLE IF NOT EXISTS account_traits
(
    project LowCardinality(String) COMMENT 'Tenant',
    account String COMMENT 'Account id, without prefix',
    name String COMMENT 'Trait name',
    at DateTime64(3, 'UTC') COMMENT 'occurred_at of the message',
    message_id String COMMENT 'The message that said so',
    value String COMMENT 'JSON text of the value',
    verified Bool COMMENT 'Said with a secret key or a signed token',
    received_at DateTime64(3, 'UTC') COMMENT 'When collect read the message',
    version UInt64 COMMENT 'First received copy stays'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, account, name, message_id)
SETTINGS index_granularity = 1024
COMMENT 'What was said about an account, when, by which message';

CREATE MATERIALIZED VIEW IF NOT EXISTS account_traits_of_events TO account_traits AS
SELECT project, group_id AS account, t.name AS name, occurred_at AS at, message_id, t.value AS value, verified, received_at, version
FROM events
ARRAY JOIN group_traits AS t;

CREATE TABLE IF NOT EXISTS memberships
(
    project LowCardinality(String) COMMENT 'Tenant',
    account String COMMENT 'Account id, without prefix',
    identifier String COMMENT 'Who joined or left',
    at DateTime64(3, 'UTC') COMMENT 'occurred_at of the message',
    message_id String COMMENT 'The message that said so',
    left Bool COMMENT 'True when the fact is that they left',
    verified Bool COMMENT 'Said with a secret key or a signed token',
    received_at DateTime64(3, 'UTC') COMMENT 'When collect read the message',
    version UInt64 COMMENT 'First received copy stays'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, identifier, account, message_id)
SETTINGS index_granularity = 1024
COMMENT 'Facts: this person joined or left this account';

CREATE MATERIALIZED VIEW IF NOT EXISTS memberships_of_events TO memberships AS
SELECT project, m.account AS account, m.identifier AS identifier, occurred_at AS at, message_id, m.left AS left, verified, received_at, version
FROM events
ARRAY JOIN memberships AS m;

-- Which subjects have events of their own account (context.groupId), so that an account's timeline finds them by key.
CREATE TABLE IF NOT EXISTS account_subjects
(
    project LowCardinality(String) COMMENT 'Tenant',
    account String COMMENT 'Account id named by the event itself',
    subject String COMMENT 'Subject of such events'
)
ENGINE = ReplacingMergeTree
ORDER BY (project, account, subject)
SETTINGS index_granularity = 1024
COMMENT 'Which subjects have events that name an account themselves';

CREATE MATERIALIZED VIEW IF NOT EXISTS account_subjects_of_events TO account_subjects AS
SELECT DISTINCT project, group_id AS account, subject
FROM events
WHERE group_id != '';

-- Derived by stitch; a rebuild from links gives the same bytes.
CREATE TABLE IF NOT EXISTS identity_map
(
    project LowCardinality(String) COMMENT 'Tenant',
    identifier String COMMENT 'Typed identifier',
    owners Array(Tuple(person String, from Nullable(DateTime64(3, 'UTC')), to Nullable(DateTime64(3, 'UTC')), because String, rule String, verified Bool)) COMMENT 'Who it is, by interval [from, to); null is open; because is the messageId that decided',
    state LowCardinality(String) COMMENT 'empty, contested or quarantined',
    version UInt128 COMMENT '(erase epoch << 64) + number of facts considered'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, identifier)
SETTINGS index_granularity = 1024
COMMENT 'One row per identifier: the persons it belongs to and when';

CREATE TABLE IF NOT EXISTS people
(
    project LowCardinality(String) COMMENT 'Tenant',
    person String COMMENT 'Canonical identifier',
    identifiers Array(Tuple(identifier String, from Nullable(DateTime64(3, 'UTC')), to Nullable(DateTime64(3, 'UTC')), because String, rule String, verified Bool)) COMMENT 'What belongs to the person and when; empty once the person became part of another',
    accounts Array(Tuple(account String, how String, from Nullable(DateTime64(3, 'UTC')), to Nullable(DateTime64(3, 'UTC')), because String)) COMMENT 'Accounts the person counts in, one entry an interval; how is group or domain',
    version UInt128 COMMENT '(erase epoch << 64) + number of facts considered'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, person)
SETTINGS index_granularity = 1024
COMMENT 'Derived view: one row a person, its identifiers and accounts';

CREATE TABLE IF NOT EXISTS account_people
(
    project LowCardinality(String) COMMENT 'Tenant',
    account String COMMENT 'Account id, or domain:… when only a domain made it',
    person String COMMENT 'Canonical identifier of the member',
    how LowCardinality(String) COMMENT 'group or domain',
    periods Array(Tuple(from Nullable(DateTime64(3, 'UTC')), to Nullable(DateTime64(3, 'UTC')), because String)) COMMENT 'When the person counts; empty once it no longer does',
    version UInt128 COMMENT '(erase epoch << 64) + number of facts considered'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, account, person)
SETTINGS index_granularity = 1024
COMMENT 'Derived view: an account''s people';
