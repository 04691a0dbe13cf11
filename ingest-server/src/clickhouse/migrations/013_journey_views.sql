-- Questions over journeys as SQL: what a view can say of them. Goals come from the definitions; a view knows those that are
-- a touch of one name (with or without a kind and a channel), HTTP knows all. Amounts are the touch's own.
CREATE OR REPLACE VIEW conversions
(
    project String COMMENT 'Tenant',
    goal String COMMENT 'Id of the goal',
    subject_kind String COMMENT 'person or account: whom the goal is of',
    subject String COMMENT 'Person or account id',
    at DateTime64(3, 'UTC') COMMENT 'When it converted',
    message_id String COMMENT 'The event that told it',
    value Nullable(Float64) COMMENT 'Amount that the event names, null where it names none',
    currency LowCardinality(String) COMMENT 'Currency of value, empty where the event names none'
)
AS WITH
goals AS (
    SELECT project, id AS goal, JSONExtractString(body, 'subject') AS subject_kind, JSONExtractString(body, 'count') AS counts,
        JSONExtractString(body, 'when', 'touch', 'name') AS name, JSONExtractString(body, 'when', 'touch', 'kind') AS kind,
        JSONExtractString(body, 'when', 'touch', 'channel') AS channel
    FROM (
        SELECT project, id, argMax(body, (version, -toUnixTimestamp64Milli(at))) AS body, argMax(is_deleted, (version, -toUnixTimestamp64Milli(at))) AS is_gone
        FROM definitions
        WHERE kind = 'goals'
        GROUP BY project, id
    )
    WHERE NOT is_gone AND name != '' AND position(name, '*') = 0
        AND empty(arrayFilter(key -> key NOT IN ('touch'), JSONExtractKeys(body, 'when')))
        AND empty(arrayFilter(key -> key NOT IN ('name', 'kind', 'channel'), JSONExtractKeys(body, 'when', 'touch')))
),
touches AS (
    SELECT project, 'account' AS subject_kind, account AS subject, at, message_id, touch, kind, name, channel, value, currency
    FROM touchpoints_of_accounts FINAL
    UNION ALL
    SELECT project, 'person', person, at, message_ids[1], touch, kind, name, channel, value, currency
    FROM touchpoints_of_people FINAL
)
SELECT project, goal, subject_kind, subject, at, message_id, value, currency
FROM (
    SELECT t.project AS project, g.goal AS goal, g.subject_kind AS subject_kind, t.subject AS subject, t.at AS at, t.message_id AS message_id,
        t.value AS value, t.currency AS currency, g.counts = 'each' AS is_each,
        row_number() OVER (PARTITION BY t.project, g.goal, t.subject ORDER BY t.at, t.message_id, t.touch) AS nth
    FROM touches AS t
    INNER JOIN goals AS g ON g.project = t.project AND g.subject_kind = t.subject_kind AND g.name = t.name
    WHERE (g.kind = '' OR g.kind = t.kind) AND (g.channel = '' OR g.channel = t.channel)
)
WHERE is_each OR nth = 1
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Conversions of every goal that is a touch of one name';

-- One row an account and goal that it reached: everything up to and including the first conversion.
CREATE OR REPLACE VIEW journeys
(
    project String COMMENT 'Tenant',
    goal String COMMENT 'Id of the goal',
    account String COMMENT 'Account id',
    began DateTime64(3, 'UTC') COMMENT 'First touch',
    ended DateTime64(3, 'UTC') COMMENT 'The conversion',
    touches UInt64 COMMENT 'Touches, the conversion among them',
    channels UInt64 COMMENT 'Different channels; touches without one are not counted',
    people UInt64 COMMENT 'People who had a touch',
    sessions UInt64 COMMENT 'Visits',
    days Float64 COMMENT 'From the first touch to the conversion',
    longest_gap_days Float64 COMMENT 'The longest time between two touches',
    anonymous_touches UInt64 COMMENT 'Touches of people whom nobody knew yet',
    value Nullable(Float64) COMMENT 'Amount of the conversion',
    currency LowCardinality(String) COMMENT 'Currency of value'
)
AS WITH won AS (
    SELECT project, goal, subject, min((at, message_id)) AS place, argMin(value, (at, message_id)) AS value, argMin(currency, (at, message_id)) AS currency
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

-- Every silence of every account, ended or still open; ask for the long ones: WHERE days > 30.
CREATE OR REPLACE VIEW silent_gaps
(
    project String COMMENT 'Tenant',
    account String COMMENT 'Account id',
    direction String COMMENT 'any: between any two touches; inbound: between two of theirs, whatever we sent meanwhile',
    from DateTime64(3, 'UTC') COMMENT 'The touch before it',
    to Nullable(DateTime64(3, 'UTC')) COMMENT 'The touch that ended it, null while it is open',
    days Float64 COMMENT 'How long, open ones until now',
    is_open Bool COMMENT 'Nothing came since'
)
AS SELECT project, account, direction, gap.1 AS from, if(gap.3, NULL, gap.2) AS to, dateDiff('millisecond', gap.1, gap.2) / 86400000 AS days, toBool(gap.3) AS is_open
FROM (
    SELECT project, account, direction,
        arrayJoin(arrayZip(times, arrayPushBack(arrayPopFront(times), now64(3, 'UTC')), arrayMap(n -> n = length(times), arrayEnumerate(times)))) AS gap
    FROM (
        SELECT project, account, 'any' AS direction, arraySort(groupArray(at)) AS times FROM touchpoints_of_accounts FINAL GROUP BY project, account
        UNION ALL
        SELECT project, account, 'inbound', arraySort(groupArray(at)) FROM touchpoints_of_accounts FINAL WHERE touchpoints_of_accounts.direction = 'inbound' GROUP BY project, account
    )
)
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Every silence of every account';

-- Conversions of a goal by channel. Models: first, last, last-non-direct, linear, linear-channels, equal-split, u, time-decay
-- (half-life of 7 days); the others need more than a view. Touches without a channel get no credit.
CREATE OR REPLACE VIEW attribution
(
    channel String COMMENT 'Channel; Unattributed: nothing with a channel lies in the lookback',
    conversions Float64 COMMENT 'Credit: over all rows it sums to the conversions',
    currency String COMMENT 'Currency of value, empty where the events name none',
    value Float64 COMMENT 'Amount, shared as the credit',
    subjects UInt64 COMMENT 'Subjects of whose conversions it has a part'
)
AS WITH
walked AS (
    SELECT c.subject AS subject, c.value AS value, c.currency AS currency,
        arraySort(groupArrayIf((t.at, t.message_id, t.touch, toString(t.channel)),
            t.channel != '' AND (t.at, t.message_id) <= (c.at, c.message_id) AND dateDiff('millisecond', t.at, c.at) < {lookback_days:Float64} * 86400000)) AS path
    FROM (SELECT * FROM conversions WHERE project = {project:String} AND goal = {goal:String}) AS c
    LEFT JOIN (
        SELECT 'account' AS subject_kind, account AS subject, at, message_id, touch, channel FROM touchpoints_of_accounts FINAL WHERE project = {project:String}
        UNION ALL
        SELECT 'person', person, at, message_ids[1], touch, channel FROM touchpoints_of_people FINAL WHERE project = {project:String}
    ) AS t ON t.subject_kind = c.subject_kind AND t.subject = c.subject
    GROUP BY c.subject, c.at, c.message_id, c.value, c.currency
),
weighed AS (
    SELECT subject, value, currency,
        if(empty(path), ['Unattributed'], arrayMap(x -> x.4, path)) AS channels,
        length(channels) AS n,
        arrayLastIndex(x -> x != 'Direct', channels) AS non_direct,
        arrayMap((x, i) -> multiIf(
            {model:String} = 'first', toFloat64(i = 1),
            {model:String} = 'last', toFloat64(i = n),
            {model:String} = 'last-non-direct', toFloat64(i = if(non_direct = 0, n, non_direct)),
            {model:String} = 'linear', 1.,
            {model:String} IN ('linear-channels', 'equal-split'), 1 / countEqual(channels, x),
            {model:String} = 'u', multiIf(n < 3, 1., i = 1 OR i = n, 0.4, 0.2 / (n - 2)),
            empty(path), 1.,
            exp2(-dateDiff('millisecond', path[i].1, path[-1].1) / 604800000)), channels, arrayEnumerate(channels)) AS weights
    FROM walked
    WHERE NOT throwIf({model:String} NOT IN ('first', 'last', 'last-non-direct', 'linear', 'linear-channels', 'equal-split', 'u', 'time-decay'),
        'no such model: there are first, last, last-non-direct, linear, linear-channels, equal-split, u, time-decay')
)
SELECT channel, sum(weight / total) AS conversions, currency, sum(ifNull(value, 0) * weight / total) AS value, uniqExactIf(subject, weight > 0) AS subjects
FROM (SELECT subject, value, toString(currency) AS currency, arraySum(weights) AS total, part.1 AS channel, part.2 AS weight FROM weighed ARRAY JOIN arrayZip(channels, weights) AS part)
GROUP BY channel, currency
HAVING conversions > 0
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Conversions of a goal by channel; parameters project, goal, model and lookback_days';

-- Which channels bring accounts that convert: by the channel that an account first came from.
CREATE OR REPLACE VIEW channel_performance
(
    project String COMMENT 'Tenant',
    goal String COMMENT 'Id of the goal',
    channel String COMMENT 'Channel of the account''s first touch that has one',
    accounts UInt64 COMMENT 'Accounts that first came from it',
    converted UInt64 COMMENT 'Those of them that reached the goal',
    rate Float64 COMMENT 'converted ÷ accounts',
    median_days Nullable(Float64) COMMENT 'From that first touch to the conversion',
    value Array(Tuple(currency String, amount Float64)) COMMENT 'Amounts of the conversions, currencies apart'
)
AS WITH
firsts AS (
    SELECT project, account, argMin(channel, (at, message_id, touch)) AS first_channel, min(at) AS first_at
    FROM touchpoints_of_accounts FINAL
    WHERE channel != ''
    GROUP BY project, account
),
goals AS (SELECT DISTINCT project, goal FROM conversions WHERE subject_kind = 'account'),
won AS (
    SELECT project, goal, subject, min(at) AS won_at, sumMap(map(toString(currency), ifNull(value, 0))) AS amounts
    FROM conversions
    WHERE subject_kind = 'account'
    GROUP BY project, goal, subject
)
SELECT f.project AS project, g.goal AS goal, f.first_channel AS channel, count() AS accounts, countIf(w.subject != '') AS converted, converted / accounts AS rate,
    quantileExactInclusiveOrNullIf(0.5)(dateDiff('millisecond', f.first_at, w.won_at) / 86400000, w.subject != '') AS median_days,
    CAST(arrayZip(mapKeys(sumMap(w.amounts) AS sums), mapValues(sums)), 'Array(Tuple(currency String, amount Float64))') AS value
FROM firsts AS f
INNER JOIN goals AS g ON g.project = f.project
LEFT JOIN won AS w ON w.project = f.project AND w.goal = g.goal AND w.subject = f.account
GROUP BY f.project, g.goal, f.first_channel
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Which channels bring accounts that convert';
