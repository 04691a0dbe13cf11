-- What stands for nothing in a trait is the list of schemas/src/nothing.ts, which has grown.

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
        AND lowerUTF8(trimBoth(if(JSONType(t.value) = 'String', JSONExtractString(t.value), t.value))) NOT IN ('', 'null', 'undefined', 'n/a', 'none', 'nan', 'nil', 'n.a.', '#n/a', '(null)', '<null>', '(none)', '-', '--', 'not set', '(not set)')
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
    WHERE lowerUTF8(trimBoth(if(JSONType(value) = 'String', JSONExtractString(value), value))) NOT IN ('', 'null', 'undefined', 'n/a', 'none', 'nan', 'nil', 'n.a.', '#n/a', '(null)', '<null>', '(none)', '-', '--', 'not set', '(not set)')
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
