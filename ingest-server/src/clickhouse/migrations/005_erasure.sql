-- The ledger of erasures. A line of it travels through the log like an event, so that a replay into an empty
-- database erases again. It names nobody: identifiers stand in it as salted hashes.
CREATE TABLE IF NOT EXISTS erasures
(
    project LowCardinality(String) COMMENT 'Tenant',
    erasure_id String COMMENT 'By which its proof is asked for',
    requested_at DateTime64(3, 'UTC') COMMENT 'When it was asked for; what happened later is a new person''s',
    salt String COMMENT 'Of the hashes; one a project',
    person String COMMENT 'Hash of the person''s canonical identifier',
    tombstones Array(Tuple(hash String, from Nullable(DateTime64(3, 'UTC')), to DateTime64(3, 'UTC'), whole Bool)) COMMENT 'Hash of each identifier and when it was theirs, [from, to); null: since ever; whole: nobody else''s'
)
ENGINE = ReplacingMergeTree
ORDER BY (project, erasure_id)
COMMENT 'Ledger: who was erased, as hashes, and from when to when an identifier was theirs';

-- How far each erasure is: the latest row of an erasure counts. Only a check that found nothing left writes finished.
CREATE TABLE IF NOT EXISTS erasure_progress
(
    project LowCardinality(String) COMMENT 'Tenant',
    erasure_id String COMMENT 'Which erasure',
    at DateTime64(3, 'UTC') COMMENT 'When this was found',
    state LowCardinality(String) COMMENT 'running or finished',
    remaining Map(String, UInt64) COMMENT 'What the check still found, by table; empty when finished',
    note String COMMENT 'What an operator should know, e.g. when the log''s copies end'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (project, erasure_id)
COMMENT 'How far each erasure is and what its last check found';
