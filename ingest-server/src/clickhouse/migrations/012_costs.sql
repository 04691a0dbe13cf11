-- What was spent: the spend of CAC and of cost per click. A row of it travels through the log like an event. The same
-- place of the same day sent again replaces what it said.
CREATE TABLE IF NOT EXISTS costs
(
    project LowCardinality(String) COMMENT 'Tenant',
    day Date COMMENT 'Day of the spend, in the time zone that is asked in',
    channel LowCardinality(String) COMMENT 'As touchpoints name it: Paid Search, Paid Social, …',
    source LowCardinality(String) COMMENT 'As utm_source, empty where it is not told apart',
    medium LowCardinality(String) COMMENT 'As utm_medium, empty where it is not told apart',
    campaign LowCardinality(String) COMMENT 'As utm_campaign, empty where it is not told apart',
    currency LowCardinality(String) COMMENT 'Three capitals',
    version UInt64 COMMENT 'When it was sent, in milliseconds: the latest stays',
    amount Decimal(18, 6) COMMENT 'What was spent',
    impressions Nullable(UInt64) COMMENT 'How often it was shown, null where nobody says',
    clicks Nullable(UInt64) COMMENT 'How often it was clicked, null where nobody says',
    engagements Nullable(UInt64) COMMENT 'Likes, comments, shares, null where nobody says',
    followers Nullable(UInt64) COMMENT 'How many followed on that day, null where nobody says'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, day, channel, source, medium, campaign, currency)
COMMENT 'Spend and volume by day, channel and campaign';
