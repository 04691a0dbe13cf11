-- How far each import of a file is. Refused rows stand in rejected_events, with stage 'import'.
CREATE TABLE IF NOT EXISTS imports
(
    project LowCardinality(String) COMMENT 'Tenant',
    import_id String COMMENT 'As its sender named it; the same again goes on where it stopped',
    version UInt64 COMMENT 'When this was said, in milliseconds: the latest stays',
    state LowCardinality(String) COMMENT 'running, waiting (for the log), done, cut (the file ended early), interrupted, failed',
    map String COMMENT 'Id of the map',
    name String COMMENT 'Of the file',
    digest String COMMENT 'Of the map and the first rows: an import goes on only where both are the same',
    format LowCardinality(String) COMMENT 'csv or ndjson',
    encoding LowCardinality(String) COMMENT 'As it was found or said',
    delimiter LowCardinality(String) COMMENT 'As it was found or said',
    columns Array(String) COMMENT 'Header of the file',
    rows UInt64 COMMENT 'Rows that are durable or refused, from the beginning of the file',
    resumed_after UInt64 COMMENT 'Rows that earlier runs had done',
    accepted UInt64 COMMENT 'Rows that became something',
    skipped UInt64 COMMENT 'Rows that the map has nothing to say of',
    rejected UInt64 COMMENT 'Rows that were refused',
    events UInt64 COMMENT 'Events that were made',
    costs UInt64 COMMENT 'Rows of costs that were made',
    started_at DateTime64(3, 'UTC') COMMENT 'When the latest run began',
    updated_at DateTime64(3, 'UTC') COMMENT 'When this was said',
    warnings Array(String) COMMENT 'What is worth a look'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, import_id)
COMMENT 'Imports of files and how far they are';
