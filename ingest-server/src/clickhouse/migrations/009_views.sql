-- The views to use: short selects over the tables of touchpoints and of who is who. Each column has its comment; those of
-- the two timelines are shown by SHOW CREATE VIEW, since a view with parameters has no columns until it is asked.
DROP VIEW IF EXISTS timeline_touchpoints;
DROP VIEW IF EXISTS timeline_events;
DROP VIEW IF EXISTS timeline_owners;
DROP VIEW IF EXISTS timeline_subjects;
DROP VIEW IF EXISTS timeline_people;

CREATE OR REPLACE VIEW touchpoints
(
    project String COMMENT 'Tenant',
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

-- What a person did, before and after their name was known: id is typed, or a bare user id, or the address of somebody
-- who is no user.
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
WHERE project = {project:String} AND person_key IN (
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
WHERE project = {project:String} AND has(accounts, {id:String}) AND person_key IN (
    SELECT person_key FROM touchpoints_of_accounts
    WHERE project = {project:String} AND account_key = cityHash64({id:String}))
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Touchpoints that count for the account id; parameters project and id';

-- One row a person: users, leads, and visitors of whom nothing but a device is known. Traits as text: of each name the
-- latest that says something (a sync that sends "N/A" or null leaves what is known; touchpoints/null-like.ts has the words),
-- and what was said with a secret key or a signed token before anything that was not.
CREATE OR REPLACE VIEW persons
(
    project String COMMENT 'Tenant',
    person String COMMENT 'Canonical identifier',
    kind String COMMENT 'user, lead or visitor',
    identifiers Array(String) COMMENT 'All that belongs or belonged to the person',
    accounts Array(String) COMMENT 'Accounts that they count in now',
    traits Map(String, String) COMMENT 'Of each name the latest value as text, verified ones first'
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
    known.traits AS traits
FROM (SELECT project, person, arraySort(groupUniqArray(identifier)) AS identifiers FROM held GROUP BY project, person) AS named
LEFT JOIN (SELECT project, person, accounts FROM people FINAL) AS stays ON stays.project = named.project AND stays.person = named.person
LEFT JOIN (SELECT project, person, mapFromArrays(groupArray(name), groupArray(value)) AS traits FROM said GROUP BY project, person) AS known
    ON known.project = named.project AND known.person = named.person
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'One row a person';

-- One row an account, by whatever told of it: people, traits, or events that name it.
CREATE OR REPLACE VIEW accounts
(
    project String COMMENT 'Tenant',
    account String COMMENT 'Account id, or domain:… where only a domain made it',
    people Array(String) COMMENT 'Who counts in it now',
    former_people Array(String) COMMENT 'Who counted in it once',
    how Array(String) COMMENT 'How its people came: group, domain',
    traits Map(String, String) COMMENT 'Of each name the latest value as text, verified ones first'
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
    project,
    account,
    any(members) AS people,
    any(former) AS former_people,
    any(hows) AS how,
    anyIf(all_traits, notEmpty(all_traits)) AS traits
FROM
(
    SELECT project, account,
        groupArrayIf(person, arrayExists(p -> p.to IS NULL, periods)) AS members,
        groupArrayIf(person, NOT arrayExists(p -> p.to IS NULL, periods)) AS former,
        arraySort(groupUniqArray(toString(how))) AS hows,
        CAST(map(), 'Map(String, String)') AS all_traits
    FROM account_people FINAL
    WHERE notEmpty(periods)
    GROUP BY project, account
    UNION ALL
    SELECT project, account, [], [], [], mapFromArrays(groupArray(name), groupArray(latest)) FROM said GROUP BY project, account
    UNION ALL
    SELECT DISTINCT project, account, [], [], [], CAST(map(), 'Map(String, String)') FROM account_subjects
)
GROUP BY project, account
COMMENT 'One row an account';

-- What who-is-who facts changed, by the time they were received: which identifier came to which person from when on, or
-- was taken apart, and by which message. Filter by changed_at to see what moved between two dates.
CREATE OR REPLACE VIEW identity_changes
(
    project String COMMENT 'Tenant',
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
