-- What could not become an event, kept with its reason and its bytes so that it can be read and replayed.
CREATE TABLE IF NOT EXISTS rejected_events
(
    project LowCardinality(String) COMMENT 'Tenant',
    received_at DateTime64(3, 'UTC') COMMENT 'When collect read it',
    message_id String COMMENT 'messageId as sent, empty when there was none',
    code LowCardinality(String) COMMENT 'Error code, see errors.ts',
    message String COMMENT 'What was wrong, in words',
    stage LowCardinality(String) COMMENT 'collect',
    original String COMMENT 'The event as sent, JSON text, cut at 32 KB',
    INDEX by_message message_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = MergeTree
ORDER BY (project, received_at, message_id)
COMMENT 'Events that collect refused, with the reason';

CREATE TABLE IF NOT EXISTS dead_letters
(
    target LowCardinality(String) COMMENT 'Table the line was meant for',
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When it was set aside',
    project LowCardinality(String) COMMENT 'Tenant when it could be read from the record, else empty',
    code Int32 COMMENT 'ClickHouse error code',
    reason String COMMENT 'What ClickHouse said',
    position String COMMENT 'Where in the log the record stands',
    original String COMMENT 'The line, byte for byte'
)
ENGINE = MergeTree
ORDER BY (target, stored_at)
COMMENT 'Lines that ClickHouse refused, with the reason; replay with touchline dead-letters replay';
