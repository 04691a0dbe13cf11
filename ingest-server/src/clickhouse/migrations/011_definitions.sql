-- Definitions: what a stage, a goal, a segment … is. A line of it travels through the log like an event, so that a
-- replay brings every version back. Versions are never rewritten; deleting one is a version too.
CREATE TABLE IF NOT EXISTS definitions
(
    project LowCardinality(String) COMMENT 'Tenant',
    kind LowCardinality(String) COMMENT 'goals, stages, touch-rules, segments, scores, programs, personas, endpoints',
    id String COMMENT 'What it is named by, one of its kind',
    version UInt32 COMMENT 'From 1, one a change',
    at DateTime64(3, 'UTC') COMMENT 'When this version was made',
    change_id String COMMENT 'Id of the change: of two that made the same version the earlier one is it',
    name String COMMENT 'What people call it',
    body String COMMENT 'JSON: what it says; docs/journeys.md has the shapes',
    author String COMMENT 'Who made this version',
    note String COMMENT 'Why, for whoever reads the history',
    is_deleted Bool COMMENT 'From this version on there is no such definition'
)
ENGINE = ReplacingMergeTree
ORDER BY (project, kind, id, version, at, change_id)
COMMENT 'What stages, goals, segments and the like are, one row a version';

-- What conditions and attribution ask of touchpoints beyond what the tables had: whose page, whose referrer, and by
-- account where it came from. Rows from before have them empty until their person is formed again.
ALTER TABLE touchpoints_of_people ADD COLUMN IF NOT EXISTS host LowCardinality(String) COMMENT 'Host of the page; of a visit of the landing page';
ALTER TABLE touchpoints_of_people ADD COLUMN IF NOT EXISTS referrer_host LowCardinality(String) COMMENT 'Host of the referrer without www., of a visit of where it came from';
ALTER TABLE touchpoints_of_accounts ADD COLUMN IF NOT EXISTS host LowCardinality(String) COMMENT 'Host of the page; of a visit of the landing page';
ALTER TABLE touchpoints_of_accounts ADD COLUMN IF NOT EXISTS referrer_host LowCardinality(String) COMMENT 'Host of the referrer without www., of a visit of where it came from';
ALTER TABLE touchpoints_of_accounts ADD COLUMN IF NOT EXISTS source LowCardinality(String) COMMENT 'utm_source or what the rule says';
ALTER TABLE touchpoints_of_accounts ADD COLUMN IF NOT EXISTS medium LowCardinality(String) COMMENT 'utm_medium or what the rule says';
ALTER TABLE touchpoints_of_accounts ADD COLUMN IF NOT EXISTS campaign LowCardinality(String) COMMENT 'utm_campaign';
ALTER TABLE touchpoints_of_accounts ADD COLUMN IF NOT EXISTS message_id String COMMENT 'The event that told it first: with at the order of an account''s touchpoints' CODEC(ZSTD(1));
