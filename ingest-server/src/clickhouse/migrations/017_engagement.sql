-- Segments, scores and hand-offs. What follows from touches is derived, and made again at will: segment_memberships,
-- score_values. What was said outward is recorded once, travels through the log and comes back with a replay:
-- segment_transitions, segment_additions, handoff_records.
CREATE TABLE IF NOT EXISTS segment_memberships
(
    project LowCardinality(String) COMMENT 'Tenant',
    segment LowCardinality(String) COMMENT 'Id of the segment',
    subject_key UInt64 COMMENT 'Hash of subject: what joins are made by' CODEC(Delta, ZSTD(1)),
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'Person or account id' CODEC(ZSTD(1)),
    segment_version UInt32 COMMENT 'Version of the segment that it was formed by' CODEC(ZSTD(1)),
    times Array(Int64) COMMENT 'When it entered and left by turns, the first is an entry, in milliseconds; those to come by the clock too' CODEC(ZSTD(1)),
    next_at DateTime64(3, 'UTC') COMMENT 'The first of them after the row was formed; 1970: none' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'ClickHouse''s time before anything was read for this row, in microseconds; never falls' CODEC(Delta, ZSTD(1)),
    is_deleted UInt8 COMMENT '1: it never was in it, as is known now' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project, segment, subject_key)
SETTINGS index_granularity = 1024
COMMENT 'Who was in which segment when, one row a subject and segment; derived';

CREATE TABLE IF NOT EXISTS segment_transitions
(
    project LowCardinality(String) COMMENT 'Tenant',
    segment LowCardinality(String) COMMENT 'Id of the segment',
    subject String COMMENT 'Person or account id as it was known then' CODEC(ZSTD(1)),
    n UInt32 COMMENT 'Which of the subject''s in this segment, from 1' CODEC(ZSTD(1)),
    id String COMMENT 'Hash of the columns before: a process that was killed writes the same one again' CODEC(ZSTD(1)),
    change LowCardinality(String) COMMENT 'enter, leave; moved and joined: a membership went on under another id and nothing was said',
    cause LowCardinality(String) COMMENT 'change, definition (it was in when this version was first looked at), identity',
    segment_version UInt32 COMMENT 'Version of the segment' CODEC(ZSTD(1)),
    subject_kind LowCardinality(String) COMMENT 'person or account',
    moved_to String COMMENT 'Of moved: the id under which it goes on' CODEC(ZSTD(1)),
    valid_at DateTime64(3, 'UTC') COMMENT 'When it became true' CODEC(Delta, ZSTD(1)),
    known_at DateTime64(3, 'UTC') COMMENT 'When it was noticed, and still true' CODEC(Delta, ZSTD(1)),
    precedence UInt64 COMMENT 'Of two records of one id the one that was known first stays' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(precedence)
ORDER BY (project, segment, subject, n)
SETTINGS index_granularity = 1024
COMMENT 'What was said outward of who enters and leaves segments; recorded, never formed again';

CREATE TABLE IF NOT EXISTS segment_transition_feed
(
    stored_at DateTime64(3, 'UTC') COMMENT 'When ClickHouse inserted it',
    project LowCardinality(String) COMMENT 'Tenant',
    segment LowCardinality(String) COMMENT 'As in segment_transitions',
    segment_version UInt32 COMMENT 'As in segment_transitions',
    subject_kind LowCardinality(String) COMMENT 'As in segment_transitions',
    subject String COMMENT 'As in segment_transitions',
    change LowCardinality(String) COMMENT 'enter, leave',
    cause LowCardinality(String) COMMENT 'As in segment_transitions',
    valid_at DateTime64(3, 'UTC') COMMENT 'As in segment_transitions',
    known_at DateTime64(3, 'UTC') COMMENT 'As in segment_transitions',
    id String COMMENT 'As in segment_transitions; may come more than once'
)
ENGINE = MergeTree
ORDER BY stored_at
TTL toDateTime(stored_at) + INTERVAL 30 DAY
COMMENT 'The same in the order of insertion, for whoever acts on it';

CREATE MATERIALIZED VIEW IF NOT EXISTS segment_transition_feed_of_transitions TO segment_transition_feed AS
SELECT now64(3, 'UTC') AS stored_at, project, segment, segment_version, subject_kind, subject, change, cause, valid_at, known_at, id
FROM segment_transitions
WHERE change IN ('enter', 'leave');

CREATE TABLE IF NOT EXISTS segment_additions
(
    project LowCardinality(String) COMMENT 'Tenant',
    segment LowCardinality(String) COMMENT 'Id of a segment that is a list',
    identifier String COMMENT 'Identifier or account that was added to it',
    at DateTime64(3, 'UTC') COMMENT 'When',
    id String COMMENT 'Id of the act: the same act adds once',
    author String COMMENT 'Who or what added it'
)
ENGINE = ReplacingMergeTree
ORDER BY (project, segment, identifier, at, id)
COMMENT 'Who was added to segments that are lists, after they were defined; recorded';

CREATE TABLE IF NOT EXISTS score_values
(
    project LowCardinality(String) COMMENT 'Tenant',
    score LowCardinality(String) COMMENT 'Id of the score',
    subject_key UInt64 COMMENT 'Hash of subject: what joins are made by' CODEC(Delta, ZSTD(1)),
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'Person or account id' CODEC(ZSTD(1)),
    score_version UInt32 COMMENT 'Version of the score that it was formed by' CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') COMMENT 'The time that the numbers are of; points that fade are fewer since' CODEC(Delta, ZSTD(1)),
    fit Float64 COMMENT 'Points of the group fit' CODEC(ZSTD(1)),
    behaviour Float64 COMMENT 'Points of all other groups' CODEC(ZSTD(1)),
    total Float64 COMMENT 'Both together' CODEC(ZSTD(1)),
    points Array(Float64) COMMENT 'Of each rule in the order of the definition, then what the cap of each group took off' CODEC(ZSTD(1)),
    next_at DateTime64(3, 'UTC') COMMENT 'When a window or a condition changes it next without a touch; 1970: never' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'ClickHouse''s time before anything was read for this row, in microseconds; never falls' CODEC(Delta, ZSTD(1)),
    is_deleted UInt8 COMMENT '1: there is no such subject any longer' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project, score, subject_key)
SETTINGS index_granularity = 1024
COMMENT 'Scores as they were when last looked at, one row a subject and score; derived';

CREATE TABLE IF NOT EXISTS handoff_records
(
    project LowCardinality(String) COMMENT 'Tenant',
    score LowCardinality(String) COMMENT 'Id of the score',
    subject String COMMENT 'Person or account id as it was known then' CODEC(ZSTD(1)),
    n UInt32 COMMENT 'Which of the subject''s, from 1; 0: handed off by a program' CODEC(ZSTD(1)),
    id String COMMENT 'Hash of the columns before, or of the program''s run and step' CODEC(ZSTD(1)),
    subject_kind LowCardinality(String) COMMENT 'person or account',
    account String COMMENT 'Account of the person; of an account itself' CODEC(ZSTD(1)),
    person String COMMENT 'Person of the touch that weighed most' CODEC(ZSTD(1)),
    score_version UInt32 COMMENT 'Version of the score' CODEC(ZSTD(1)),
    fit Float64 COMMENT 'Points of the group fit' CODEC(ZSTD(1)),
    behaviour Float64 COMMENT 'Points of all other groups' CODEC(ZSTD(1)),
    total Float64 COMMENT 'Both together' CODEC(ZSTD(1)),
    rules String COMMENT 'JSON: points of each rule, and what caps of groups took off, the weightiest first' CODEC(ZSTD(1)),
    touches String COMMENT 'JSON: the five touches that weighed most, with their times' CODEC(ZSTD(1)),
    merged Bool COMMENT 'A merge of two people made it so, not a touch',
    because LowCardinality(String) COMMENT 'crossed, or program:<id>',
    identity_version String COMMENT 'Version of who-is-who that it was formed by' CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') COMMENT 'When it was handed off' CODEC(Delta, ZSTD(1)),
    precedence UInt64 COMMENT 'Of two records of one id the one that was made first stays' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(precedence)
ORDER BY (project, score, subject, n, id)
COMMENT 'Who was handed to sales, when and why; recorded, never formed again';

-- Who has to be looked at again, in the order of insertion.
CREATE TABLE IF NOT EXISTS engage_changes
(
    stored_at DateTime64(3, 'UTC') COMMENT 'When ClickHouse inserted what changed',
    project LowCardinality(String) COMMENT 'Tenant',
    kind LowCardinality(String) COMMENT 'person, account; identifier: whoever owns it; people: identity of a person',
    id String COMMENT 'Person, account or identifier'
)
ENGINE = MergeTree
ORDER BY stored_at
TTL toDateTime(stored_at) + INTERVAL 7 DAY
COMMENT 'Whose segments and scores have to be looked at again, by time of insertion';

CREATE MATERIALIZED VIEW IF NOT EXISTS engage_changes_of_people_touches TO engage_changes AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, 'person' AS kind, person AS id
FROM touchpoints_of_people;

CREATE MATERIALIZED VIEW IF NOT EXISTS engage_changes_of_account_touches TO engage_changes AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, 'account' AS kind, account AS id
FROM touchpoints_of_accounts;

CREATE MATERIALIZED VIEW IF NOT EXISTS engage_changes_of_traits TO engage_changes AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, 'identifier' AS kind, identifier AS id
FROM traits;

CREATE MATERIALIZED VIEW IF NOT EXISTS engage_changes_of_account_traits TO engage_changes AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, 'account' AS kind, account AS id
FROM account_traits;

CREATE MATERIALIZED VIEW IF NOT EXISTS engage_changes_of_people TO engage_changes AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, 'people' AS kind, arrayJoin(arrayPushBack(identifiers.identifier, person)) AS id
FROM people;

CREATE MATERIALIZED VIEW IF NOT EXISTS engage_changes_of_members TO engage_changes AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, row.1 AS kind, row.2 AS id
FROM (SELECT project, arrayJoin([('account', account), ('person', person)]) AS row FROM account_people);

CREATE MATERIALIZED VIEW IF NOT EXISTS engage_changes_of_additions TO engage_changes AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, row.1 AS kind, row.2 AS id
FROM (SELECT project, arrayJoin([('account', identifier), ('identifier', identifier)]) AS row FROM segment_additions);

CREATE OR REPLACE VIEW segment_members
(
    project LowCardinality(String) COMMENT 'Tenant',
    segment LowCardinality(String) COMMENT 'Id of the segment',
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'Person or account id',
    since DateTime64(3, 'UTC') COMMENT 'When it entered; 1970: it was in before anything happened'
)
AS SELECT project, segment, subject_kind, subject, fromUnixTimestamp64Milli(past[-1], 'UTC') AS since
FROM (
    SELECT project, segment, subject_kind, subject, arrayFilter(x -> x <= toUnixTimestamp64Milli(now64(3)), times) AS past
    FROM segment_memberships FINAL
)
WHERE length(past) % 2 = 1
COMMENT 'Who is in which segment now, as role engage last looked';

CREATE OR REPLACE VIEW segment_history
(
    project LowCardinality(String) COMMENT 'Tenant',
    segment LowCardinality(String) COMMENT 'Id of the segment',
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'Person or account id',
    change String COMMENT 'enter or leave',
    at DateTime64(3, 'UTC') COMMENT 'When; 1970: it was in before anything happened'
)
AS SELECT project, segment, subject_kind, subject, if(place % 2 = 1, 'enter', 'leave') AS change, fromUnixTimestamp64Milli(ms, 'UTC') AS at
FROM segment_memberships FINAL
ARRAY JOIN times AS ms, arrayEnumerate(times) AS place
WHERE ms <= toUnixTimestamp64Milli(now64(3))
COMMENT 'Who entered and left which segment when, as is known today; what was said of it is segment_transitions';

CREATE OR REPLACE VIEW segments
(
    project LowCardinality(String) COMMENT 'Tenant',
    segment String COMMENT 'Id of the segment',
    version UInt32 COMMENT 'Its latest version',
    name String COMMENT 'What people call it',
    subject_kind String COMMENT 'person or account',
    is_list Bool COMMENT 'A list of identifiers, not a condition',
    members UInt64 COMMENT 'How many are in it now'
)
AS SELECT d.project AS project, d.id AS segment, d.last AS version, d.name AS name, JSONExtractString(d.body, 'subject') AS subject_kind,
    JSONHas(d.body, 'identifiers') AS is_list, m.members AS members
FROM (
    SELECT project, id, max(definitions.version) AS last, argMax(definitions.name, (definitions.version, -toUnixTimestamp64Milli(at))) AS name,
        argMax(definitions.body, (definitions.version, -toUnixTimestamp64Milli(at))) AS body,
        argMax(is_deleted, (definitions.version, -toUnixTimestamp64Milli(at))) AS is_gone
    FROM definitions
    WHERE kind = 'segments'
    GROUP BY project, id
) AS d
LEFT JOIN (SELECT project, segment, count() AS members FROM segment_members GROUP BY project, segment) AS m ON m.project = d.project AND m.segment = d.id
WHERE NOT d.is_gone
COMMENT 'The segments that there are';

CREATE OR REPLACE VIEW scores
(
    project LowCardinality(String) COMMENT 'Tenant',
    score LowCardinality(String) COMMENT 'Id of the score',
    score_version UInt32 COMMENT 'Version of the score',
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'Person or account id',
    fit Float64 COMMENT 'Points of the group fit',
    behaviour Float64 COMMENT 'Points of all other groups',
    total Float64 COMMENT 'Both together',
    at DateTime64(3, 'UTC') COMMENT 'The time that the numbers are of; points that fade are fewer since'
)
AS SELECT project, score, score_version, subject_kind, subject, fit, behaviour, total, at
FROM score_values FINAL
COMMENT 'Scores, as role engage last looked';

CREATE OR REPLACE VIEW score_contributions
(
    project LowCardinality(String) COMMENT 'Tenant',
    score LowCardinality(String) COMMENT 'Id of the score',
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'Person or account id',
    rule String COMMENT 'Id of the rule; cap:<group> is what the cap of a group took off',
    points Float64 COMMENT 'What it gives; all of a subject together are its total',
    at DateTime64(3, 'UTC') COMMENT 'The time that the numbers are of'
)
AS SELECT v.project AS project, v.score AS score, v.subject_kind AS subject_kind, v.subject AS subject, rule, points, v.at AS at
FROM (SELECT * FROM score_values FINAL) AS v
INNER JOIN (
    SELECT project, id, version, arrayConcat(ids, arrayMap(g -> concat('cap:', g), arrayFilter(g -> JSONHas(body, 'groups', g, 'cap'), arrayDistinct(own)))) AS names
    FROM (
        SELECT project, id, version, body, arrayMap(r -> JSONExtractString(r, 'id'), JSONExtractArrayRaw(body, 'rules')) AS ids,
            arrayMap(r -> JSONExtractString(r, 'group'), JSONExtractArrayRaw(body, 'rules')) AS own
        FROM (
            SELECT project, id, version, argMin(body, (at, change_id)) AS body FROM definitions WHERE kind = 'scores' GROUP BY project, id, version
        )
    )
) AS d ON d.project = v.project AND d.id = v.score AND d.version = v.score_version
ARRAY JOIN d.names AS rule, v.points AS points
WHERE points != 0
COMMENT 'What each rule gives to each score, as role engage last looked';

CREATE OR REPLACE VIEW handoffs
(
    project LowCardinality(String) COMMENT 'Tenant',
    id String COMMENT 'Id of the hand-off',
    score LowCardinality(String) COMMENT 'Id of the score',
    score_version UInt32 COMMENT 'Version of the score',
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'Person or account id as it was known then',
    account String COMMENT 'Account of the person; of an account itself',
    fit Float64 COMMENT 'Points of the group fit',
    behaviour Float64 COMMENT 'Points of all other groups',
    total Float64 COMMENT 'Both together',
    rules String COMMENT 'JSON: points of each rule, the weightiest first',
    touches String COMMENT 'JSON: the five touches that weighed most, with their times',
    merged Bool COMMENT 'A merge of two people made it so, not a touch',
    because LowCardinality(String) COMMENT 'crossed, or program:<id>',
    at DateTime64(3, 'UTC') COMMENT 'When it was handed off'
)
AS SELECT project, id, score, score_version, subject_kind, subject, account, fit, behaviour, total, rules, touches, merged, because, at
FROM handoff_records FINAL
COMMENT 'Who was handed to sales, when and why';
