-- Entries into stages as rows: a view cannot evaluate the conditions of a list, so that they are worked out by the same
-- statement that answers over HTTP, and kept (journeys/stage-keeper.ts). A filling is all entries of one list at one
-- time; the view shows the latest whole one and says as of when it holds.
CREATE TABLE IF NOT EXISTS kept_stage_entries
(
    project LowCardinality(String) COMMENT 'Tenant',
    list LowCardinality(String) COMMENT 'Id of the list of stages',
    subject_kind LowCardinality(String) COMMENT 'person or account: whose stages they are',
    filling UInt64 COMMENT 'Which filling it belongs to',
    subject String COMMENT 'Person or account id' CODEC(ZSTD(1)),
    place UInt32 COMMENT 'Place of the stage in the list, from 1',
    at DateTime64(3, 'UTC') COMMENT 'When it was entered',
    stage LowCardinality(String) COMMENT 'Id of the stage that was entered',
    left_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was left; null: it is in it',
    message_id String COMMENT 'The event that made it so; empty where time passing did' CODEC(ZSTD(1)),
    worked_out_at DateTime64(3, 'UTC') COMMENT 'When the filling began'
)
ENGINE = MergeTree
ORDER BY (project, list, subject_kind, filling, subject, at)
COMMENT 'Entries into the stages of every list, filling by filling; read it through stage_entries';

CREATE TABLE IF NOT EXISTS stage_fillings
(
    project LowCardinality(String) COMMENT 'Tenant',
    list LowCardinality(String) COMMENT 'Id of the list of stages',
    subject_kind LowCardinality(String) COMMENT 'person or account: whose stages they are',
    filling UInt64 COMMENT 'Which rows of kept_stage_entries; 0: the list is gone',
    as_of DateTime64(3, 'UTC') COMMENT 'As of when they hold',
    version UInt32 COMMENT 'Version of the list that they were worked out by',
    made_of String COMMENT 'What had been written when it was worked out'
)
ENGINE = ReplacingMergeTree(as_of)
ORDER BY (project, list, subject_kind)
COMMENT 'Which filling of a list of stages holds, and as of when';

CREATE OR REPLACE VIEW stage_entries
(
    project LowCardinality(String) COMMENT 'Tenant',
    list LowCardinality(String) COMMENT 'Id of the list of stages',
    subject_kind LowCardinality(String) COMMENT 'person or account: whose stages they are',
    subject String COMMENT 'Person or account id',
    stage LowCardinality(String) COMMENT 'Id of the stage that was entered',
    place UInt32 COMMENT 'Its place in the list, from 1',
    at DateTime64(3, 'UTC') COMMENT 'When it was entered',
    left_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was left; null: it is in it',
    message_id String COMMENT 'The event that made it so; empty where time passing did',
    version UInt32 COMMENT 'Version of the list that it was worked out by',
    as_of DateTime64(3, 'UTC') COMMENT 'As of when all entries of the list hold'
)
AS SELECT e.project AS project, e.list AS list, e.subject_kind AS subject_kind, e.subject AS subject, e.stage AS stage, e.place AS place,
    e.at AS at, e.left_at AS left_at, e.message_id AS message_id, f.version AS version, f.as_of AS as_of
FROM kept_stage_entries AS e
INNER JOIN (SELECT project, list, subject_kind, filling, version, as_of FROM stage_fillings FINAL) AS f
    ON f.project = e.project AND f.list = e.list AND f.subject_kind = e.subject_kind AND f.filling = e.filling
COMMENT 'Entries into the stages of every list';

-- People and accounts as rows also say in which stage they are.

CREATE OR REPLACE VIEW persons
(
    project LowCardinality(String) COMMENT 'Tenant',
    person String COMMENT 'Canonical identifier',
    kind String COMMENT 'user, lead or visitor',
    identifiers Array(String) COMMENT 'All that belongs or belonged to the person',
    accounts Array(String) COMMENT 'Accounts that they count in now',
    traits Map(String, String) COMMENT 'Of each name the latest value as text, verified ones first',
    first_seen Nullable(DateTime64(3, 'UTC')) COMMENT 'First touchpoint; null where there is none',
    last_seen Nullable(DateTime64(3, 'UTC')) COMMENT 'Last touchpoint; null where there is none',
    touches UInt64 COMMENT 'Number of touchpoints',
    stage Nullable(String) COMMENT 'Stage of the list default that they are in; null: in none',
    stage_since Nullable(DateTime64(3, 'UTC')) COMMENT 'Since when they are in it',
    stage_as_of Nullable(DateTime64(3, 'UTC')) COMMENT 'As of when the stage was worked out; null where it never was'
)
AS WITH
held AS (
    SELECT project, person, identifier, from, to
    FROM (SELECT project, person, i.identifier AS identifier, i.from AS from, i.to AS to FROM people FINAL ARRAY JOIN identifiers AS i)
    UNION ALL
    SELECT project, person, person, NULL, NULL
    FROM (SELECT DISTINCT project, person FROM touchpoints_of_people FINAL)
    WHERE (project, person) NOT IN (SELECT project, person FROM people FINAL)
),
said AS (
    SELECT held.project AS project, held.person AS person, t.name AS name,
        argMax(if(JSONType(t.value) = 'String', JSONExtractString(t.value), t.value), (t.verified, t.at, t.message_id)) AS value
    FROM traits AS t FINAL
    INNER JOIN held ON held.project = t.project AND held.identifier = t.identifier
    WHERE (t.at >= held.from OR held.from IS NULL) AND (t.at < held.to OR held.to IS NULL)
        AND lowerUTF8(trimBoth(if(JSONType(t.value) = 'String', JSONExtractString(t.value), t.value))) NOT IN ('', 'null', 'undefined', 'n/a', 'none', 'nan')
    GROUP BY project, person, name
)
SELECT
    named.project AS project,
    named.person AS person,
    multiIf(startsWith(person, 'user:'), 'user', startsWith(person, 'email:'), 'lead', 'visitor') AS kind,
    named.identifiers AS identifiers,
    arraySort(arrayDistinct(arrayMap(stay -> stay.account, arrayFilter(stay -> stay.to IS NULL OR stay.to > now64(3), stays.accounts)))) AS accounts,
    known.traits AS traits,
    if(seen.touches = 0, NULL, seen.first_at) AS first_seen,
    if(seen.touches = 0, NULL, seen.last_at) AS last_seen,
    seen.touches AS touches,
    if(staged.subject = '', NULL, staged.stage) AS stage,
    if(staged.subject = '', NULL, staged.at) AS stage_since,
    filled.as_of AS stage_as_of
FROM (SELECT project, person, arraySort(groupUniqArray(identifier)) AS identifiers FROM held GROUP BY project, person) AS named
LEFT JOIN (SELECT project, person, accounts FROM people FINAL) AS stays ON stays.project = named.project AND stays.person = named.person
LEFT JOIN (SELECT project, person, mapFromArrays(groupArray(name), groupArray(value)) AS traits FROM said GROUP BY project, person) AS known
    ON known.project = named.project AND known.person = named.person
LEFT JOIN (SELECT project, person, min(at) AS first_at, max(at) AS last_at, count() AS touches FROM touchpoints_of_people FINAL GROUP BY project, person) AS seen
    ON seen.project = named.project AND seen.person = named.person
LEFT JOIN (SELECT project, subject, stage, at FROM stage_entries WHERE list = 'default' AND subject_kind = 'person' AND left_at IS NULL) AS staged
    ON staged.project = named.project AND staged.subject = named.person
LEFT JOIN (SELECT project, maxOrNull(as_of) AS as_of FROM stage_fillings WHERE list = 'default' AND subject_kind = 'person' GROUP BY project) AS filled
    ON filled.project = named.project
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'One row a person';

CREATE OR REPLACE VIEW accounts
(
    project LowCardinality(String) COMMENT 'Tenant',
    account String COMMENT 'Account id, or domain:… where only a domain made it',
    people Array(String) COMMENT 'Who counts in it now',
    former_people Array(String) COMMENT 'Who counted in it once',
    how Array(String) COMMENT 'How its people came: group, domain',
    traits Map(String, String) COMMENT 'Of each name the latest value as text, verified ones first',
    first_seen Nullable(DateTime64(3, 'UTC')) COMMENT 'First touchpoint; null where there is none',
    last_seen Nullable(DateTime64(3, 'UTC')) COMMENT 'Last touchpoint; null where there is none',
    touches UInt64 COMMENT 'Number of touchpoints',
    stage Nullable(String) COMMENT 'Stage of the list default that it is in; null: in none',
    stage_since Nullable(DateTime64(3, 'UTC')) COMMENT 'Since when it is in it',
    stage_as_of Nullable(DateTime64(3, 'UTC')) COMMENT 'As of when the stage was worked out; null where it never was'
)
AS WITH
said AS (
    SELECT project, account, name,
        argMax(if(JSONType(value) = 'String', JSONExtractString(value), value), (verified, at, message_id)) AS latest
    FROM account_traits FINAL
    WHERE lowerUTF8(trimBoth(if(JSONType(value) = 'String', JSONExtractString(value), value))) NOT IN ('', 'null', 'undefined', 'n/a', 'none', 'nan')
    GROUP BY project, account, name
)
SELECT
    known.project AS project,
    known.account AS account,
    known.people AS people,
    known.former_people AS former_people,
    known.how AS how,
    known.traits AS traits,
    known.first_seen AS first_seen,
    known.last_seen AS last_seen,
    known.touches AS touches,
    if(staged.subject = '', NULL, staged.stage) AS stage,
    if(staged.subject = '', NULL, staged.at) AS stage_since,
    filled.as_of AS stage_as_of
FROM
(
    SELECT
        project,
        account,
        any(members) AS people,
        any(former) AS former_people,
        any(hows) AS how,
        anyIf(all_traits, notEmpty(all_traits)) AS traits,
        min(first_at) AS first_seen,
        max(last_at) AS last_seen,
        sum(touch_count) AS touches
    FROM
    (
        SELECT project, account,
            groupArrayIf(person, arrayExists(p -> p.to IS NULL, periods)) AS members,
            groupArrayIf(person, NOT arrayExists(p -> p.to IS NULL, periods)) AS former,
            arraySort(groupUniqArray(toString(how))) AS hows,
            CAST(map(), 'Map(String, String)') AS all_traits,
            CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS first_at,
            CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS last_at,
            toUInt64(0) AS touch_count
        FROM account_people FINAL
        WHERE notEmpty(periods)
        GROUP BY project, account
        UNION ALL
        SELECT project, account, [], [], [], mapFromArrays(groupArray(name), groupArray(latest)), NULL, NULL, 0 FROM said GROUP BY project, account
        UNION ALL
        SELECT DISTINCT project, account, [], [], [], CAST(map(), 'Map(String, String)'), NULL, NULL, 0 FROM account_subjects
        UNION ALL
        SELECT project, account, [], [], [], CAST(map(), 'Map(String, String)'), min(at), max(at), count() FROM touchpoints_of_accounts FINAL GROUP BY project, account
    )
    GROUP BY project, account
) AS known
LEFT JOIN (SELECT project, subject, stage, at FROM stage_entries WHERE list = 'default' AND subject_kind = 'account' AND left_at IS NULL) AS staged
    ON staged.project = known.project AND staged.subject = known.account
LEFT JOIN (SELECT project, maxOrNull(as_of) AS as_of FROM stage_fillings WHERE list = 'default' AND subject_kind = 'account' GROUP BY project) AS filled
    ON filled.project = known.project
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'One row an account';

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
    WHERE NOT throwIf({model:String} NOT IN ('w', 'full-path'), 'no such model: there are w, full-path')
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
asked AS (SELECT * FROM conversions WHERE project = {project:String} AND goal = {goal:String}),
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
