-- A view's columns are of the types that its SELECT gives: a condition on one side of a join by such a column is asked of the other
-- side as well, which ClickHouse refuses where the types differ.

CREATE OR REPLACE VIEW channel_performance
(
    project LowCardinality(String) COMMENT 'Tenant',
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

CREATE OR REPLACE VIEW conversions
(
    project LowCardinality(String) COMMENT 'Tenant',
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

CREATE OR REPLACE VIEW identity_changes
(
    project LowCardinality(String) COMMENT 'Tenant',
    changed_at DateTime64(3, 'UTC') COMMENT 'When the message that changed it was received',
    change String COMMENT 'joined, moved, unlink or relink',
    identifier String COMMENT 'What came to somebody or was taken apart',
    before String COMMENT 'Who it was until then',
    person String COMMENT 'Who it is; of unlink and relink the other side',
    from Nullable(DateTime64(3, 'UTC')) COMMENT 'Since when it counts; null: since ever',
    rule String COMMENT 'The rule that decided, see docs/identity.md',
    message_id String COMMENT 'The message that made it so'
)
AS SELECT
    decided.project AS project,
    told.received_at AS changed_at,
    if(decided.before = decided.identifier, 'joined', 'moved') AS change,
    decided.identifier AS identifier,
    decided.before AS before,
    decided.owner.person AS person,
    decided.owner.from AS from,
    decided.owner.rule AS rule,
    decided.owner.because AS message_id
FROM
(
    SELECT project, identifier, owner, if(n = 1, identifier, owners[n - 1].person) AS before
    FROM identity_map FINAL
    ARRAY JOIN owners AS owner, arrayEnumerate(owners) AS n
    WHERE owner.person != identifier
) AS decided
INNER JOIN (SELECT project, message_id, min(received_at) AS received_at FROM links GROUP BY project, message_id) AS told
    ON told.project = decided.project AND told.message_id = decided.owner.because
UNION ALL
SELECT project, received_at, kind, other, claimer, other, at, 'R8', message_id
FROM links FINAL
WHERE kind IN ('unlink', 'relink') AND claimer = identifier
COMMENT 'What who-is-who facts changed, by the time they were received';

CREATE OR REPLACE VIEW journeys
(
    project LowCardinality(String) COMMENT 'Tenant',
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
    currency String COMMENT 'Currency of value'
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

CREATE OR REPLACE VIEW silent_gaps
(
    project LowCardinality(String) COMMENT 'Tenant',
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

CREATE OR REPLACE VIEW touchpoints
(
    project LowCardinality(String) COMMENT 'Tenant',
    at DateTime64(3, 'UTC') COMMENT 'When it happened; of a visit its first event',
    kind LowCardinality(String) COMMENT 'visit, action, identified, joined_account, offline, email, ad, crm',
    name LowCardinality(String) COMMENT 'What it is grouped by: name of the event; of a visit the landing page''s given name, else its path; else the kind',
    label String COMMENT 'What is shown: title of the landing page, name of the event, the address, user or account it is about',
    channel LowCardinality(String) COMMENT 'Where it came from: Paid Search, AI Assistant, …; what happens during a visit has the visit''s; empty where nothing says',
    channel_rule LowCardinality(String) COMMENT 'Id of the channel rule that matched',
    source LowCardinality(String) COMMENT 'utm_source or what the rule says',
    medium LowCardinality(String) COMMENT 'utm_medium or what the rule says',
    campaign LowCardinality(String) COMMENT 'utm_campaign',
    path LowCardinality(String) COMMENT 'Path of the page; of a visit the landing page',
    paths Array(LowCardinality(String)) COMMENT 'Of a visit the paths of its pages in order, at most 50',
    pages UInt16 COMMENT 'Of a visit how many pages it saw',
    until DateTime64(3, 'UTC') COMMENT 'When the last event that belongs to it happened',
    duration_seconds Float64 COMMENT 'From at to until',
    same_session Bool COMMENT 'A visit that began within a session, by another campaign or click id',
    value Nullable(Float64) COMMENT 'Amount that the event names (revenue, value, total, amount), null where it names none',
    currency LowCardinality(String) COMMENT 'Currency of value, three capitals, empty where the event names none',
    direction LowCardinality(String) COMMENT 'inbound or outbound: who spoke to whom',
    person String COMMENT 'Canonical identifier of whose it is',
    accounts Array(LowCardinality(String)) COMMENT 'Accounts that it counts for',
    shared Bool COMMENT 'It counts for several accounts',
    anonymous Bool COMMENT 'Nobody had said who it is',
    message_ids Array(String) COMMENT 'The events that told it, the first to tell it first',
    sources Array(LowCardinality(String)) COMMENT 'Who told it: web, server, the SDK''s library or the importer',
    subject String COMMENT 'Of the shown event: where it stands in events, with client_time',
    client_time DateTime64(3, 'UTC') COMMENT 'Of the shown event: where it stands in events'
)
AS SELECT
    project,
    at,
    kind,
    name,
    if(label = '', name, label) AS label,
    channel,
    channel_rule,
    source,
    medium,
    campaign,
    path,
    paths,
    pages,
    until,
    dateDiff('millisecond', at, until) / 1000 AS duration_seconds,
    same_session,
    value,
    currency,
    direction,
    person,
    accounts,
    toBool(length(accounts) > 1) AS shared,
    anonymous,
    message_ids,
    sources,
    subject,
    client_time
FROM touchpoints_of_people FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Touchpoints of everybody';
