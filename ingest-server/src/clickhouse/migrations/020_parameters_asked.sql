-- ClickHouse takes any parameter of a view, and does not say that the view has no such one: `as_of = …` was answered with what is
-- known now. What a running query asks of the views stands in its text, which only its own user sees; so the view that reads it
-- runs as the one who made it, and tells of the asking query alone.
CREATE OR REPLACE VIEW parameters_asked
(
    view String COMMENT 'View with parameters that the running query asks',
    parameter String COMMENT 'Name of a parameter that it gives'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT call[1] AS view, arrayJoin(extractAll(replaceRegexpAll(replaceRegexpAll(call[2], '\\([^()]*\\)', ''), '\\([^()]*\\)', ''), '(\\w+)[`"]?\\s*=')) AS parameter
FROM (
    SELECT arrayJoin(extractAllGroupsVertical(
        -- Texts and comments may hold anything.
        replaceRegexpAll(replaceRegexpAll(query, '\'(?:[^\'\\\\]|\\\\.|\'\')*\'', '0'), '--[^\n]*|/\\*(?s:.*?)\\*/', ' '),
        '\\b(user_timeline|account_timeline|attribution)[`"]?\\s*\\(((?:[^()]|\\((?:[^()]|\\([^()]*\\))*\\))*)\\)')) AS call
    FROM system.processes
    WHERE query_id = initialQueryID()
)
COMMENT 'For the views with parameters: which of them the running query gives';

-- What a person did.
CREATE OR REPLACE VIEW user_timeline
(
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
WHERE (SELECT countIf(throwIf(view = 'user_timeline' AND parameter NOT IN ('project', 'id'), 'user_timeline has no other parameters than project and id; as_of is asked over HTTP')) FROM parameters_asked) = 0
    AND project = {project:String} AND person_key IN (
    SELECT cityHash64(if(found = 0, names[-1], owner))
    FROM
    (
        WITH {id:String} AS asked
        SELECT
            multiIf(
                match(asked, '^(user|anon|email):'), [asked],
                match(asked, '^[^@]+@[^@]+$'), [concat('user:', asked), concat('email:', lowerUTF8(normalizeUTF8NFC(asked)))],
                [concat('user:', asked)]) AS names,
            count() AS found,
            argMin(if(notEmpty(owners), owners[-1].person, identifier), NOT startsWith(identifier, 'user:')) AS owner
        FROM identity_map FINAL
        WHERE project = {project:String} AND identifier IN ({id:String}, concat('user:', {id:String}), concat('email:', lowerUTF8(normalizeUTF8NFC({id:String})))) AND has(names, identifier)
    ))
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Touchpoints of the person whom id names; parameters project and id';

-- What the people of an account did, and events that name the account.
CREATE OR REPLACE VIEW account_timeline
(
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
WHERE (SELECT countIf(throwIf(view = 'account_timeline' AND parameter NOT IN ('project', 'id'), 'account_timeline has no other parameters than project and id; as_of is asked over HTTP')) FROM parameters_asked) = 0
    AND project = {project:String} AND has(accounts, {id:String}) AND person_key IN (
    SELECT person_key FROM touchpoints_of_accounts
    WHERE project = {project:String} AND account_key = cityHash64({id:String}))
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Touchpoints that count for the account id; parameters project and id';

-- Conversions of a goal by channel.
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
    WHERE (SELECT countIf(throwIf(view = 'attribution' AND parameter NOT IN ('project', 'goal', 'model', 'lookback_days'), 'attribution has no other parameters than project, goal, model and lookback_days; as_of is asked over HTTP')) FROM parameters_asked) = 0
        AND NOT throwIf({model:String} NOT IN ('first', 'last', 'last-non-direct', 'linear', 'linear-channels', 'equal-split', 'u', 'time-decay'),
        'no such model: there are first, last, last-non-direct, linear, linear-channels, equal-split, u, time-decay')
)
SELECT channel, sum(weight / total) AS conversions, currency, sum(ifNull(value, 0) * weight / total) AS value, uniqExactIf(subject, weight > 0) AS subjects
FROM (SELECT subject, value, toString(currency) AS currency, arraySum(weights) AS total, part.1 AS channel, part.2 AS weight FROM weighed ARRAY JOIN arrayZip(channels, weights) AS part)
GROUP BY channel, currency
HAVING conversions > 0
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Conversions of a goal by channel; parameters project, goal, model and lookback_days';
