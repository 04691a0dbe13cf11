-- Of conversions of which the first counts it is the first that is verified, where one is, as over HTTP
-- (journeys/goals.ts): a page that says "Deal Won" of an earlier time does not stand in the place of what a server told.
CREATE OR REPLACE VIEW conversions
(
    project LowCardinality(String) COMMENT 'Tenant',
    goal String COMMENT 'Id of the goal',
    subject_kind String COMMENT 'person or account: whom the goal is of',
    subject String COMMENT 'Person or account id',
    at DateTime64(3, 'UTC') COMMENT 'When it converted',
    message_id String COMMENT 'The event that told it',
    value Nullable(Float64) COMMENT 'Amount that the event names, null where it names none',
    currency LowCardinality(String) COMMENT 'Currency of value, empty where the event names none',
    verified Bool COMMENT 'A secret key or a userToken vouches for it'
)
AS WITH
goals AS (
    SELECT project, id AS goal, JSONExtractString(body, 'subject') AS subject_kind, JSONExtractString(body, 'count') AS counts,
        JSONExtractString(body, 'when', 'touch', 'name') AS name, JSONExtractString(body, 'when', 'touch', 'kind') AS kind,
        JSONExtractString(body, 'when', 'touch', 'channel') AS channel, JSONExtractBool(body, 'when', 'touch', 'verified') AS is_proven
    FROM (
        SELECT project, id, argMax(body, (version, -toUnixTimestamp64Milli(at))) AS body, argMax(is_deleted, (version, -toUnixTimestamp64Milli(at))) AS is_gone
        FROM definitions
        WHERE kind = 'goals'
        GROUP BY project, id
    )
    WHERE NOT is_gone AND name != '' AND position(name, '*') = 0
        AND empty(arrayFilter(key -> key NOT IN ('touch'), JSONExtractKeys(body, 'when')))
        AND empty(arrayFilter(key -> key NOT IN ('name', 'kind', 'channel', 'verified'), JSONExtractKeys(body, 'when', 'touch')))
),
touches AS (
    SELECT project, 'account' AS subject_kind, account AS subject, at, message_id, touch, kind, name, channel, value, currency
    FROM touchpoints_of_accounts FINAL
    UNION ALL
    SELECT project, 'person', person, at, message_ids[1], touch, kind, name, channel, value, currency
    FROM touchpoints_of_people FINAL
),
-- A touchpoint knows the key of the event that told it, so few events are read. Touchpoints that are no longer so name theirs too.
proven AS (
    SELECT project, message_id
    FROM events
    WHERE verified AND (project, subject, client_time, message_id) IN (
        SELECT project, subject, client_time, message_ids[1] FROM touchpoints_of_people WHERE name IN (SELECT name FROM goals))
)
SELECT project, goal, subject_kind, subject, at, message_id, value, currency, verified
FROM (
    SELECT t.project AS project, g.goal AS goal, g.subject_kind AS subject_kind, t.subject AS subject, t.at AS at, t.message_id AS message_id,
        t.value AS value, t.currency AS currency, g.counts = 'each' AS is_each, toBool((t.project, t.message_id) IN (SELECT project, message_id FROM proven)) AS verified,
        row_number() OVER (PARTITION BY t.project, g.goal, t.subject ORDER BY verified DESC, t.at, t.message_id, t.touch) AS nth
    FROM touches AS t
    INNER JOIN goals AS g ON g.project = t.project AND g.subject_kind = t.subject_kind AND g.name = t.name
    WHERE (g.kind = '' OR g.kind = t.kind) AND (g.channel = '' OR g.channel = t.channel)
        AND (NOT g.is_proven OR (t.project, t.message_id) IN (SELECT project, message_id FROM proven))
)
WHERE is_each OR nth = 1
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Conversions of every goal that is a touch of one name';

CREATE OR REPLACE VIEW journeys
(
    project LowCardinality(String) COMMENT 'Tenant',
    goal String COMMENT 'Id of the goal',
    account String COMMENT 'Account id',
    began DateTime64(3, 'UTC') COMMENT 'First touch',
    ended DateTime64(3, 'UTC') COMMENT 'The conversion, the first that is verified where one is',
    touches UInt64 COMMENT 'Touches, the conversion among them',
    channels UInt64 COMMENT 'Different channels; touches without one are not counted',
    people UInt64 COMMENT 'People who had a touch',
    sessions UInt64 COMMENT 'Visits',
    days Float64 COMMENT 'From the first touch to the conversion',
    longest_gap_days Float64 COMMENT 'The longest time between two touches',
    anonymous_touches UInt64 COMMENT 'Touches of people whom nobody knew yet',
    value Nullable(Float64) COMMENT 'Amount of the conversion',
    currency String COMMENT 'Currency of value'
)
AS WITH won AS (
    SELECT project, goal, subject, argMin((at, message_id), (NOT verified, at, message_id)) AS place,
        argMin(tuple(value), (NOT verified, at, message_id)).1 AS value, argMin(currency, (NOT verified, at, message_id)) AS currency
    FROM conversions
    WHERE subject_kind = 'account'
    GROUP BY project, goal, subject
)
SELECT
    t.project AS project,
    won.goal AS goal,
    t.account AS account,
    min(t.at) AS began,
    max(t.at) AS ended,
    count() AS touches,
    uniqExactIf(t.channel, t.channel != '') AS channels,
    uniqExact(t.person_key) AS people,
    countIf(t.kind = 'visit' AND NOT t.same_session) AS sessions,
    dateDiff('millisecond', began, ended) / 86400000 AS days,
    arrayMax(arrayDifference(arraySort(groupArray(toUnixTimestamp64Milli(t.at))))) / 86400000 AS longest_gap_days,
    countIf(t.anonymous) AS anonymous_touches,
    any(won.value) AS value,
    any(won.currency) AS currency
FROM touchpoints_of_accounts AS t FINAL
INNER JOIN won ON won.project = t.project AND won.subject = t.account
WHERE (t.at, t.message_id) <= won.place
GROUP BY t.project, won.goal, t.account
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'One row an account and goal that it reached';
