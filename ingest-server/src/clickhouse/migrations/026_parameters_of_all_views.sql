-- The views that came after 020 took any parameter, and did not say that they have no such one.
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
        '\\b(user_timeline|account_timeline|attribution|attribution_by_milestones|channel_transitions)[`"]?\\s*\\(((?:[^()]|\\((?:[^()]|\\([^()]*\\))*\\))*)\\)')) AS call
    FROM system.processes
    WHERE query_id = initialQueryID()
)
COMMENT 'For the views with parameters: which of them the running query gives';

-- The models with milestones, which are goals as well.
CREATE OR REPLACE VIEW attribution_by_milestones
(
    channel String COMMENT 'Channel, or Unattributed',
    conversions Float64 COMMENT 'Conversions, shared among the channels',
    currency String COMMENT 'Currency of value, empty where the event names none',
    value Float64 COMMENT 'Amount, shared as the credit',
    subjects UInt64 COMMENT 'Subjects of whose conversions it has a part'
)
AS WITH
touches AS (
    SELECT 'account' AS subject_kind, account AS subject, at, message_id, touch, channel FROM touchpoints_of_accounts FINAL WHERE project = {project:String} AND channel != ''
    UNION ALL
    SELECT 'person', person, at, message_ids[1], touch, channel FROM touchpoints_of_people FINAL WHERE project = {project:String} AND channel != ''
),
reached AS (
    SELECT subject_kind, subject, groupArrayIf(at, goal = {lead:String}) AS leads, groupArrayIf(at, goal = {opportunity:String}) AS opportunities
    FROM conversions
    WHERE project = {project:String} AND goal IN ({lead:String}, {opportunity:String})
    GROUP BY subject_kind, subject
),
walked AS (
    SELECT c.subject_kind AS subject_kind, c.subject AS subject, c.at AS won_at, c.value AS value, c.currency AS currency,
        arraySort(groupArrayIf((t.at, t.message_id, t.touch, toString(t.channel)),
            t.channel != '' AND (t.at, t.message_id) <= (c.at, c.message_id) AND dateDiff('millisecond', t.at, c.at) < {lookback_days:Float64} * 86400000)) AS path
    FROM (SELECT * FROM conversions WHERE project = {project:String} AND goal = {goal:String}) AS c
    LEFT JOIN touches AS t ON t.subject_kind = c.subject_kind AND t.subject = c.subject
    GROUP BY c.subject_kind, c.subject, c.at, c.message_id, c.value, c.currency
),
placed AS (
    SELECT w.subject AS subject, w.value AS value, w.currency AS currency,
        if(empty(w.path), ['Unattributed'], arrayMap(x -> x.4, w.path)) AS channels,
        arrayFilter(place -> place > 0, arrayConcat([1],
            if(arrayExists(at -> at <= w.won_at, r.leads), [arrayLastIndex(x -> x.1 <= arrayMax(arrayFilter(at -> at <= w.won_at, r.leads)), w.path)], []),
            if(arrayExists(at -> at <= w.won_at, r.opportunities), [arrayLastIndex(x -> x.1 <= arrayMax(arrayFilter(at -> at <= w.won_at, r.opportunities)), w.path)], []),
            if({model:String} = 'full-path', [length(w.path)], []))) AS places
    FROM walked AS w
    LEFT JOIN reached AS r ON r.subject_kind = w.subject_kind AND r.subject = w.subject
    WHERE (SELECT countIf(throwIf(view = 'attribution_by_milestones' AND parameter NOT IN ('project', 'goal', 'lead', 'opportunity', 'model', 'lookback_days'), 'attribution_by_milestones has no other parameters than project, goal, lead, opportunity, model and lookback_days; as_of is asked over HTTP')) FROM parameters_asked) = 0
        AND NOT throwIf({model:String} NOT IN ('w', 'full-path'), 'no such model: there are w, full-path')
),
weighed AS (
    SELECT subject, value, currency, channels, length(channels) - length(arrayDistinct(places)) AS others,
        arrayMap(i -> countEqual(places, i) * if({model:String} = 'w', 30, 22.5), arrayEnumerate(channels)) AS held,
        arrayMap(own -> multiIf(own = 0, 10., others = 0, own, own * others), held) AS weights
    FROM placed
)
SELECT channel, sum(weight / total) AS conversions, currency, sum(ifNull(value, 0) * weight / total) AS value, uniqExactIf(subject, weight > 0) AS subjects
FROM (SELECT subject, value, toString(currency) AS currency, arraySum(weights) AS total, part.1 AS channel, part.2 AS weight FROM weighed ARRAY JOIN arrayZip(channels, weights) AS part)
GROUP BY channel, currency
HAVING conversions > 0
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Conversions of a goal by channel, W-shaped and full path; parameters project, goal, lead, opportunity, model and lookback_days';

-- What the model markov is solved from, over HTTP: a view counts transitions, and cannot solve their equations.
CREATE OR REPLACE VIEW channel_transitions
(
    from_channel String COMMENT 'Channel, or (start)',
    to_channel String COMMENT 'Channel, (conversion), or (null) where a path ends without one',
    transitions UInt64 COMMENT 'How often the one followed the other'
)
AS WITH
asked AS (
    SELECT * FROM conversions
    WHERE (SELECT countIf(throwIf(view = 'channel_transitions' AND parameter NOT IN ('project', 'goal', 'lookback_days'), 'channel_transitions has no other parameters than project, goal and lookback_days; as_of is asked over HTTP')) FROM parameters_asked) = 0
        AND project = {project:String} AND goal = {goal:String}
),
touches AS (
    SELECT 'account' AS subject_kind, account AS subject, at, message_id, touch, channel FROM touchpoints_of_accounts FINAL WHERE project = {project:String} AND channel != ''
    UNION ALL
    SELECT 'person', person, at, message_ids[1], touch, channel FROM touchpoints_of_people FINAL WHERE project = {project:String} AND channel != ''
),
converting AS (
    SELECT arrayMap(x -> x.4, arraySort(groupArrayIf((t.at, t.message_id, t.touch, toString(t.channel)),
        (t.at, t.message_id) <= (c.at, c.message_id) AND dateDiff('millisecond', t.at, c.at) < {lookback_days:Float64} * 86400000))) AS path, '(conversion)' AS ends
    FROM asked AS c
    INNER JOIN touches AS t ON t.subject_kind = c.subject_kind AND t.subject = c.subject
    GROUP BY c.subject, c.at, c.message_id
),
others AS (
    SELECT arrayMap(x -> x.4, arrayFilter(x -> dateDiff('millisecond', x.1, last) < {lookback_days:Float64} * 86400000, arraySort(groupArray((at, message_id, touch, toString(channel)))))) AS path,
        '(null)' AS ends, max(at) AS last
    FROM touches
    WHERE subject_kind IN (SELECT subject_kind FROM asked) AND subject NOT IN (SELECT subject FROM asked)
    GROUP BY subject
)
SELECT step.1 AS from_channel, step.2 AS to_channel, count() AS transitions
FROM (
    SELECT arrayJoin(arrayZip(arrayConcat(['(start)'], path), arrayConcat(path, [ends]))) AS step
    FROM (SELECT path, ends FROM converting UNION ALL SELECT path, ends FROM others)
    WHERE notEmpty(path)
)
GROUP BY from_channel, to_channel
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'What follows what on the way to a goal: transitions between channels of paths that convert and that do not; parameters project, goal and lookback_days';
