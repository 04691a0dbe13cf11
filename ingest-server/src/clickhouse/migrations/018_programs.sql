-- Programs, deliveries and feeds. What was decided and done is recorded, travels through the log and comes back with
-- a replay; nothing here is formed again from touches.

-- One row a fact: the run after it, and what was done. Of two facts of one place the higher version counts.
CREATE TABLE IF NOT EXISTS program_facts
(
    project LowCardinality(String) COMMENT 'Tenant',
    program LowCardinality(String) COMMENT 'Id of the program',
    run String COMMENT 'program:version:subject:entry',
    n UInt32 COMMENT 'Which fact of the run, from 0' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'Rises whenever another process goes on with the run: what it decides counts' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'entered, went, acted, held, ended',
    did LowCardinality(String) COMMENT 'Id of the step that was done',
    at DateTime64(3, 'UTC') COMMENT 'When' CODEC(Delta, ZSTD(1)),
    program_version UInt32 COMMENT 'Version of the program, the same for all of a run' CODEC(ZSTD(1)),
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'Who entered, by the id of then' CODEC(ZSTD(1)),
    entry UInt32 COMMENT 'Which time it is that the subject is in the program, from 1' CODEC(ZSTD(1)),
    way LowCardinality(String) COMMENT 'segment, touch, condition, manual',
    trigger String COMMENT 'What it entered by: id of a transition or a message, or who said so' CODEC(ZSTD(1)),
    slot UInt16 COMMENT 'Which part of the work the run belongs to' CODEC(ZSTD(1)),
    step LowCardinality(String) COMMENT 'Where the run is after it',
    state LowCardinality(String) COMMENT 'waiting, done, exited',
    due_at DateTime64(3, 'UTC') COMMENT 'When it goes on; 2200: whenever what is waited for comes' CODEC(Delta, ZSTD(1)),
    entered_at DateTime64(3, 'UTC') COMMENT 'When the run began' CODEC(Delta, ZSTD(1)),
    because String COMMENT 'Why it waits or ended' CODEC(ZSTD(1)),
    delivery String COMMENT 'Id of the delivery that was decided with it' CODEC(ZSTD(1)),
    person String COMMENT 'Who the subject was then' CODEC(ZSTD(1)),
    is_outward Bool COMMENT 'It counts for caps: something left the server'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, program, run, n)
SETTINGS index_granularity = 1024
COMMENT 'What became of every run, step by step; recorded';

-- The last fact of each run.
CREATE TABLE IF NOT EXISTS program_runs_now
(
    project LowCardinality(String) COMMENT 'Tenant',
    program LowCardinality(String) COMMENT 'As in program_facts',
    run String COMMENT 'As in program_facts',
    place UInt128 COMMENT 'Number of the fact, then its version: the last one stays' CODEC(ZSTD(1)),
    n UInt32 COMMENT 'As in program_facts' CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') COMMENT 'When' CODEC(Delta, ZSTD(1)),
    program_version UInt32 COMMENT 'As in program_facts' CODEC(ZSTD(1)),
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'As in program_facts' CODEC(ZSTD(1)),
    entry UInt32 COMMENT 'As in program_facts' CODEC(ZSTD(1)),
    way LowCardinality(String) COMMENT 'As in program_facts',
    trigger String COMMENT 'As in program_facts' CODEC(ZSTD(1)),
    slot UInt16 COMMENT 'As in program_facts' CODEC(ZSTD(1)),
    step LowCardinality(String) COMMENT 'As in program_facts',
    state LowCardinality(String) COMMENT 'waiting, done, exited',
    due_at DateTime64(3, 'UTC') COMMENT 'As in program_facts' CODEC(Delta, ZSTD(1)),
    entered_at DateTime64(3, 'UTC') COMMENT 'As in program_facts' CODEC(Delta, ZSTD(1)),
    because String COMMENT 'As in program_facts' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(place)
ORDER BY (project, program, run)
SETTINGS index_granularity = 1024
COMMENT 'Where every run is; read it with FINAL, or through program_runs';

CREATE MATERIALIZED VIEW IF NOT EXISTS program_runs_now_of_facts TO program_runs_now AS
SELECT project, program, run, bitShiftLeft(toUInt128(n), 64) + version AS place, n, at, program_version, subject_kind, subject, entry, way,
    trigger, slot, step, state, due_at, entered_at, because
FROM program_facts;

CREATE TABLE IF NOT EXISTS deliveries_decided
(
    project LowCardinality(String) COMMENT 'Tenant',
    id String COMMENT 'The same over every try: webhook-id',
    version UInt64 COMMENT 'As in program_facts' CODEC(ZSTD(1)),
    endpoint LowCardinality(String) COMMENT 'Id of the endpoint',
    source LowCardinality(String) COMMENT 'program or feed',
    run String COMMENT 'Key of the run, or id of the feed' CODEC(ZSTD(1)),
    step String COMMENT 'Id of the step, or place of the last change' CODEC(ZSTD(1)),
    subject String COMMENT 'Whose order is kept: a person, an account or a feed' CODEC(ZSTD(1)),
    subjects Array(String) COMMENT 'Whose data stands in the body' CODEC(ZSTD(1)),
    place UInt64 COMMENT 'Order among the deliveries of the subject' CODEC(ZSTD(1)),
    slot UInt16 COMMENT 'Which part of the work it belongs to' CODEC(ZSTD(1)),
    touch_name String COMMENT 'Name of the touch that the timeline shows once it was taken' CODEC(ZSTD(1)),
    touch_person String COMMENT 'Whose timeline' CODEC(ZSTD(1)),
    body String COMMENT 'What is sent' CODEC(ZSTD(3)),
    decided_at DateTime64(3, 'UTC') COMMENT 'When it was decided' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, id)
SETTINGS index_granularity = 1024
COMMENT 'What is to be sent, one row a delivery; recorded';

CREATE TABLE IF NOT EXISTS delivery_attempts
(
    project LowCardinality(String) COMMENT 'Tenant',
    id String COMMENT 'Id of the delivery',
    attempt UInt32 COMMENT 'From 1' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'try; replay: somebody asked for it to be sent again',
    at DateTime64(3, 'UTC') COMMENT 'When it was known what came of it' CODEC(Delta, ZSTD(1)),
    state LowCardinality(String) COMMENT 'waiting, delivered, gaveUp',
    status UInt16 COMMENT 'HTTP status; 0: no answer' CODEC(ZSTD(1)),
    latency_ms UInt32 COMMENT 'Until the answer, or until it was clear that there is none' CODEC(ZSTD(1)),
    answer String COMMENT 'First 500 bytes of the answer, or why there was none' CODEC(ZSTD(1)),
    next_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it is tried again; null: never' CODEC(ZSTD(1)),
    tries UInt32 COMMENT 'Tries since the decision or the last replay' CODEC(ZSTD(1)),
    until DateTime64(3, 'UTC') COMMENT 'When it is given up' CODEC(ZSTD(1)),
    endpoint LowCardinality(String) COMMENT 'Id of the endpoint',
    subject String COMMENT 'As in deliveries_decided' CODEC(ZSTD(1)),
    subjects Array(String) COMMENT 'As in deliveries_decided: an answer may repeat what was sent' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (project, id, attempt)
SETTINGS index_granularity = 1024
COMMENT 'What came of each try of a delivery; recorded';

CREATE TABLE IF NOT EXISTS delivery_states
(
    project LowCardinality(String) COMMENT 'Tenant',
    id String COMMENT 'Id of the delivery',
    attempt UInt32 COMMENT 'The last one' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'As in delivery_attempts',
    at DateTime64(3, 'UTC') COMMENT 'As in delivery_attempts' CODEC(Delta, ZSTD(1)),
    state LowCardinality(String) COMMENT 'As in delivery_attempts',
    status UInt16 COMMENT 'As in delivery_attempts' CODEC(ZSTD(1)),
    latency_ms UInt32 COMMENT 'As in delivery_attempts' CODEC(ZSTD(1)),
    answer String COMMENT 'As in delivery_attempts' CODEC(ZSTD(1)),
    next_at Nullable(DateTime64(3, 'UTC')) COMMENT 'As in delivery_attempts' CODEC(ZSTD(1)),
    tries UInt32 COMMENT 'As in delivery_attempts' CODEC(ZSTD(1)),
    until DateTime64(3, 'UTC') COMMENT 'As in delivery_attempts' CODEC(ZSTD(1)),
    subject String COMMENT 'As in delivery_attempts' CODEC(ZSTD(1)),
    subjects Array(String) COMMENT 'As in delivery_attempts' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(attempt)
ORDER BY (project, id)
SETTINGS index_granularity = 1024
COMMENT 'The last try of each delivery; read it with FINAL, or through deliveries';

CREATE MATERIALIZED VIEW IF NOT EXISTS delivery_states_of_attempts TO delivery_states AS
SELECT project, id, attempt, kind, at, state, status, latency_ms, answer, next_at, tries, until, subject, subjects
FROM delivery_attempts;

-- What changed, in one order a project, for feeds and for whoever asks what is new.
CREATE TABLE IF NOT EXISTS change_records
(
    project LowCardinality(String) COMMENT 'Tenant',
    seq UInt64 COMMENT 'The order: a cursor' CODEC(Delta, ZSTD(1)),
    version UInt64 COMMENT 'As in program_facts' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'person, account, score, stage, segment, handOff',
    of LowCardinality(String) COMMENT 'Which score, list of stages or segment',
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'Whom it is about' CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') COMMENT 'When it was told' CODEC(Delta, ZSTD(1)),
    id String COMMENT 'The same for the same change' CODEC(ZSTD(1)),
    body String COMMENT 'JSON: what is so now' CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, seq)
SETTINGS index_granularity = 1024
COMMENT 'What changed, in the order in which it is told; recorded';

CREATE OR REPLACE VIEW program_runs
(
    project LowCardinality(String) COMMENT 'Tenant',
    program LowCardinality(String) COMMENT 'Id of the program',
    program_version UInt32 COMMENT 'Version that the run goes by',
    run String COMMENT 'program:version:subject:entry',
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'Who entered, by the id of then',
    way LowCardinality(String) COMMENT 'What it entered by: segment, touch, condition, manual',
    step LowCardinality(String) COMMENT 'Where it is, or was last',
    state LowCardinality(String) COMMENT 'waiting, done, exited',
    entered_at DateTime64(3, 'UTC') COMMENT 'When it began',
    due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it goes on; null: ended, or whenever what is waited for comes',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ended; null: it has not',
    because String COMMENT 'Why it waits or ended',
    facts UInt32 COMMENT 'How many facts there are of it'
)
AS SELECT project, program, program_version, run, subject_kind, subject, way, step, state, entered_at,
    if(state = 'waiting' AND due_at < toDateTime64('2199-01-01 00:00:00', 3, 'UTC'), due_at, NULL) AS due_at,
    if(state = 'waiting', NULL, at) AS ended_at, because, n + 1 AS facts
FROM program_runs_now FINAL
COMMENT 'One row a run of a program';

CREATE OR REPLACE VIEW deliveries
(
    project LowCardinality(String) COMMENT 'Tenant',
    id String COMMENT 'webhook-id, the same over every try',
    endpoint LowCardinality(String) COMMENT 'Id of the endpoint',
    source LowCardinality(String) COMMENT 'program or feed',
    run String COMMENT 'Key of the run, or id of the feed',
    step String COMMENT 'Id of the step, or place of the last change',
    subject String COMMENT 'Whose order is kept: a person, an account or a feed',
    state String COMMENT 'waiting, delivered, gaveUp',
    attempts UInt32 COMMENT 'How often it was tried, or asked for again',
    status Nullable(UInt16) COMMENT 'HTTP status of the last answer; 0: none; null: not tried yet',
    latency_ms Nullable(UInt32) COMMENT 'Of the last try',
    answer Nullable(String) COMMENT 'First 500 bytes of the last answer, or why there was none',
    decided_at DateTime64(3, 'UTC') COMMENT 'When it was decided',
    last_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was tried last',
    next_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it is tried next; null: never',
    body String COMMENT 'What is sent'
)
AS SELECT d.project AS project, d.id AS id, d.endpoint AS endpoint, d.source AS source, d.run AS run, d.step AS step, d.subject AS subject,
    if(s.attempt = 0, 'waiting', s.state) AS state, s.attempt AS attempts,
    if(s.attempt = 0, NULL, s.status) AS status, if(s.attempt = 0, NULL, s.latency_ms) AS latency_ms,
    if(s.attempt = 0, NULL, s.answer) AS answer, d.decided_at AS decided_at,
    if(s.attempt = 0, NULL, s.at) AS last_at, if(s.attempt = 0, d.decided_at, s.next_at) AS next_at, d.body AS body
FROM (SELECT * FROM deliveries_decided FINAL) AS d
LEFT JOIN (SELECT * FROM delivery_states FINAL) AS s ON s.project = d.project AND s.id = d.id
COMMENT 'One row a delivery to an endpoint, with what came of it so far';

CREATE OR REPLACE VIEW changes
(
    project LowCardinality(String) COMMENT 'Tenant',
    seq UInt64 COMMENT 'The order: a cursor',
    kind LowCardinality(String) COMMENT 'person, account, score, stage, segment, handOff',
    of LowCardinality(String) COMMENT 'Which score, list of stages or segment',
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'Whom it is about',
    at DateTime64(3, 'UTC') COMMENT 'When it was told',
    id String COMMENT 'The same for the same change',
    body String COMMENT 'JSON: what is so now'
)
AS SELECT project, seq, kind, of, subject_kind, subject, at, id, body FROM change_records FINAL
COMMENT 'What changed, in the order in which it is told';

-- What may have changed, in the order of insertion: the sequencer of changes reads it (engagement/feeds/sequencer.ts). What
-- is recorded elsewhere comes whole and under its own id; of anything else only whom it is about.
CREATE TABLE IF NOT EXISTS changes_seen
(
    stored_at DateTime64(3, 'UTC') COMMENT 'When ClickHouse inserted what changed',
    project LowCardinality(String) COMMENT 'Tenant',
    kind LowCardinality(String) COMMENT 'person, account, score, stage, segment, handOff',
    of LowCardinality(String) COMMENT 'Which segment or score',
    subject_kind LowCardinality(String) COMMENT 'person or account',
    subject String COMMENT 'Whom it is about',
    id String COMMENT 'Of a recorded change; empty: what is so now is to be asked',
    data String COMMENT 'JSON of a recorded change'
)
ENGINE = MergeTree
ORDER BY stored_at
TTL toDateTime(stored_at) + INTERVAL 7 DAY
COMMENT 'What may have changed, by time of insertion';

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_seen_of_traits TO changes_seen AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, 'person' AS kind, '' AS of, 'person' AS subject_kind, identifier AS subject, '' AS id, '' AS data
FROM traits;

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_seen_of_people TO changes_seen AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, 'person' AS kind, '' AS of, 'person' AS subject_kind, person AS subject, '' AS id, '' AS data
FROM people;

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_seen_of_account_traits TO changes_seen AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, 'account' AS kind, '' AS of, 'account' AS subject_kind, account AS subject, '' AS id, '' AS data
FROM account_traits;

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_seen_of_people_touches TO changes_seen AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, 'stage' AS kind, '' AS of, 'person' AS subject_kind, person AS subject, '' AS id, '' AS data
FROM touchpoints_of_people;

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_seen_of_account_touches TO changes_seen AS
SELECT DISTINCT now64(3, 'UTC') AS stored_at, project, 'stage' AS kind, '' AS of, 'account' AS subject_kind, account AS subject, '' AS id, '' AS data
FROM touchpoints_of_accounts;
