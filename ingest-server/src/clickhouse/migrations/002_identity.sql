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
    version UInt128 COMMENT 'First received copy stays; of copies received in one millisecond the one that says the earlier time'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, identifier, other, kind, message_id)
-- Stitch reads a few rows each of thousands of scattered identifiers; small granules keep that cheap.
SETTINGS index_granularity = 128
COMMENT 'Facts: this message said that these two identifiers are the same person';

-- The low half of `version` falls as `at` rises, then as verified: the order of identity/counting-links.ts, so
-- that FINAL keeps the copy that resolve would.
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
    bitShiftLeft(toUInt128(version), 64)
        + toUInt64(4611686018427387904 - toUnixTimestamp64Milli(link.at)) * 2
        + if(link.verified, 0, 1) AS version
FROM events
ARRAY JOIN links AS link
ARRAY JOIN [(link.identifier, link.other), (link.other, link.identifier)] AS side;

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
SETTINGS index_granularity = 128
COMMENT 'Facts: this person joined or left this account';

CREATE MATERIALIZED VIEW IF NOT EXISTS memberships_of_events TO memberships AS
SELECT project, m.account AS account, m.identifier AS identifier, occurred_at AS at, message_id, m.left AS left, verified, received_at, version
FROM events
ARRAY JOIN memberships AS m;

-- Every address that was stated, under its domain and each parent of that down to two labels, so that all under
-- acme.com are found by key: stitch needs them when an account says that acme.com is its domain.
CREATE TABLE IF NOT EXISTS email_hosts
(
    project LowCardinality(String) COMMENT 'Tenant',
    host String COMMENT 'uk.acme.com, and acme.com',
    email String COMMENT 'Address without prefix'
)
ENGINE = ReplacingMergeTree
ORDER BY (project, host, email)
SETTINGS index_granularity = 1024
COMMENT 'Index: addresses by domain';

CREATE MATERIALIZED VIEW IF NOT EXISTS email_hosts_of_events TO email_hosts AS
SELECT DISTINCT
    project,
    arrayJoin(arrayMap(n -> arrayStringConcat(arraySlice(labels, n), '.'), range(1, greatest(length(labels), 2)))) AS host,
    address AS email
FROM
(
    SELECT project, address, splitByChar('.', splitByChar('@', address)[-1]) AS labels
    FROM events
    ARRAY JOIN arrayFilter(a -> a != '', arrayDistinct(arrayConcat(
        [email],
        arrayMap(l -> if(startsWith(l.2, 'email:'), substring(l.2, 7), ''), links),
        arrayMap(l -> if(startsWith(l.3, 'email:'), substring(l.3, 7), ''), links)))) AS address
);

-- Which accounts ever said that a domain is theirs. Only an index: what counts is their latest trait.
-- The expression that finds the host stands in identity/domains.ts as well.
CREATE TABLE IF NOT EXISTS account_hosts
(
    project LowCardinality(String) COMMENT 'Tenant',
    host String COMMENT 'Host in a domain or website trait, and each parent of it down to two labels',
    account String COMMENT 'Account id, without prefix'
)
ENGINE = ReplacingMergeTree
ORDER BY (project, host, account)
SETTINGS index_granularity = 1024
COMMENT 'Index: accounts by the domains they ever claimed';

CREATE MATERIALIZED VIEW IF NOT EXISTS account_hosts_of_traits TO account_hosts AS
SELECT DISTINCT
    project,
    arrayJoin(arrayMap(n -> arrayStringConcat(arraySlice(labels, n), '.'), range(1, greatest(length(labels), 2)))) AS host,
    account
FROM
(
    SELECT
        project,
        account,
        splitByChar('.', trimRight(extract(lower(trimBoth(JSONExtractString(value))), '^(?:[a-z][a-z0-9+.-]*://|//)?(?:[^/?#@]*@)?([^/?#:]+)'), '.')) AS labels
    FROM account_traits
    WHERE name IN ('domain', 'website')
);

-- What changed lately, in the order of insertion, so that stitch's look costs what is new and not what there is.
-- Each view hangs on the table whose rows stitch will read, not on `events`: a row is seen here only after the
-- fact itself can be read.
CREATE TABLE IF NOT EXISTS identity_changes_seen
(
    stored_at DateTime64(3, 'UTC') COMMENT 'When ClickHouse inserted the fact',
    project LowCardinality(String) COMMENT 'Tenant',
    kind LowCardinality(String) COMMENT 'claim, alias, unlink, relink, membership, email, account (its domain or website) or erased',
    identifier String COMMENT 'Whom the fact is about: an identifier (of a link the claimer), or account:…',
    other String COMMENT 'The other side of a link, else empty',
    verified Bool COMMENT 'Said with a secret key or a signed token',
    at DateTime64(3, 'UTC') COMMENT 'Time of the fact',
    message_id String COMMENT 'The message that said so'
)
ENGINE = MergeTree
ORDER BY stored_at
TTL toDateTime(stored_at) + INTERVAL 7 DAY
COMMENT 'Which identifiers new facts are about, by time of insertion; read by stitch';

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_of_links TO identity_changes_seen AS
SELECT now64(3, 'UTC') AS stored_at, project, kind, identifier, other, verified, at, message_id
FROM links
WHERE identifier = claimer;

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_of_memberships TO identity_changes_seen AS
SELECT now64(3, 'UTC') AS stored_at, project, 'membership' AS kind, identifier, '' AS other, verified, at, message_id
FROM memberships;

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_of_emails TO identity_changes_seen AS
SELECT now64(3, 'UTC') AS stored_at, project, 'email' AS kind, concat('email:', email) AS identifier, '' AS other
FROM email_hosts
WHERE host = splitByChar('@', email)[-1];

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_of_accounts TO identity_changes_seen AS
SELECT now64(3, 'UTC') AS stored_at, project, 'account' AS kind, concat('account:', account) AS identifier, '' AS other, verified, at, message_id
FROM account_traits
WHERE name IN ('domain', 'website');

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
-- Rows with is_deleted are not read (FINAL leaves them out): nobody is that person any longer.
CREATE TABLE IF NOT EXISTS identity_map
(
    project LowCardinality(String) COMMENT 'Tenant',
    identifier String COMMENT 'Typed identifier',
    owners Array(Tuple(person String, from Nullable(DateTime64(3, 'UTC')), to Nullable(DateTime64(3, 'UTC')), because String, rule String, verified Bool)) COMMENT 'Who it is, by interval [from, to); null is open; because is the messageId that decided; empty: no claim of it counts, it stands for itself',
    state LowCardinality(String) COMMENT 'empty, contested or quarantined',
    contested Array(Tuple(identifier String, at DateTime64(3, 'UTC'), because String, verified Bool)) COMMENT 'Claims of this email that changed nothing: by whom, when, in which message',
    version UInt128 COMMENT '(erase epoch << 64) + number of facts about it and its neighbours',
    is_deleted UInt8 COMMENT '1: there is no such row any longer'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project, identifier)
SETTINGS index_granularity = 128
COMMENT 'One row per identifier: the persons it belongs to and when';

CREATE TABLE IF NOT EXISTS people
(
    project LowCardinality(String) COMMENT 'Tenant',
    person String COMMENT 'Canonical identifier',
    identifiers Array(Tuple(identifier String, from Nullable(DateTime64(3, 'UTC')), to Nullable(DateTime64(3, 'UTC')), because String, rule String, verified Bool)) COMMENT 'What belongs to the person and when',
    accounts Array(Tuple(account String, how String, from Nullable(DateTime64(3, 'UTC')), to Nullable(DateTime64(3, 'UTC')), because String)) COMMENT 'Accounts the person counts in, one entry an interval; how is group or domain',
    version UInt128 COMMENT '(erase epoch << 64) + number of facts about it and its neighbours',
    is_deleted UInt8 COMMENT '1: there is no such row any longer'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project, person)
SETTINGS index_granularity = 128
COMMENT 'Derived view: one row a person, its identifiers and accounts';

CREATE TABLE IF NOT EXISTS account_people
(
    project LowCardinality(String) COMMENT 'Tenant',
    account String COMMENT 'Account id, or domain:… when only a domain made it',
    person String COMMENT 'Canonical identifier of the member',
    how LowCardinality(String) COMMENT 'group or domain',
    periods Array(Tuple(from Nullable(DateTime64(3, 'UTC')), to Nullable(DateTime64(3, 'UTC')), because String)) COMMENT 'When the person counts',
    version UInt128 COMMENT '(erase epoch << 64) + number of facts about it and its neighbours',
    is_deleted UInt8 COMMENT '1: there is no such row any longer'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project, account, person)
SETTINGS index_granularity = 128
COMMENT 'Derived view: an account''s people';

CREATE TABLE IF NOT EXISTS domains
(
    project LowCardinality(String) COMMENT 'Tenant',
    domain String COMMENT 'Registrable domain',
    account String COMMENT 'The account that people with such addresses count in, empty when contested',
    state LowCardinality(String) COMMENT 'empty or contested',
    claims Array(Tuple(account String, verified Bool, at DateTime64(3, 'UTC'), because String)) COMMENT 'Accounts whose domain or website it is, verified ones first; because is the messageId of the trait',
    version UInt128 COMMENT '(erase epoch << 64) + number of facts about it and its neighbours',
    is_deleted UInt8 COMMENT '1: there is no such row any longer'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project, domain)
SETTINGS index_granularity = 1024
COMMENT 'Derived view: which account an email domain means, and who disputes it';

-- Erasing takes facts away, so the number of facts falls; whoever erases raises the epoch afterwards, and what
-- stitch writes from then on is newer than all it wrote before.
CREATE TABLE IF NOT EXISTS identity_epochs
(
    project LowCardinality(String) COMMENT 'Tenant',
    epoch UInt64 COMMENT 'Time of the last erasure in milliseconds since 1970'
)
ENGINE = ReplacingMergeTree(epoch)
ORDER BY project
COMMENT 'How often facts were taken away';

-- Where stitch stands, so that a restart goes on there. With several stitchers the furthest counts, for each of
-- them works in all changes.
CREATE TABLE IF NOT EXISTS stitch_progress
(
    name LowCardinality(String) COMMENT 'changes: all seen until `at` are worked in; sweep: the slow pass over everything',
    at DateTime64(3, 'UTC') COMMENT 'ClickHouse''s time of the look or of the page',
    position String COMMENT 'Of the sweep: JSON, where the next page begins'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY name
COMMENT 'Where stitch stands';
