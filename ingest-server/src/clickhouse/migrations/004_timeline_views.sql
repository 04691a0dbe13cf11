-- Timelines in SQL. Each view asks "who" before it reads an event, so that `events` is read by its primary key:
--
--     timeline_people → timeline_subjects, timeline_owners → timeline_events → timeline_touchpoints → user_timeline, account_timeline
--
-- Parameters of the inner ones: project, and one of id (a person) and account, the other being ''. With all three '' they
-- tell of everybody. timeline/touches.ts forms the same touchpoints for HTTP; a test holds the two to each other.

-- The person that an id names (typed, or a bare user id, or the address of somebody who is no user), or an account's people.
CREATE OR REPLACE VIEW timeline_people AS
WITH
    {id:String} AS asked,
    multiIf(
        match(asked, '^(user|anon|email):'), [asked],
        match(asked, '^[^@]+@[^@]+$'), [concat('user:', asked), concat('email:', lower(asked))],
        [concat('user:', asked)]) AS names
SELECT if(found = 0, names[-1], owner) AS person
FROM
(
    SELECT
        count() AS found,
        argMin(if(notEmpty(map.owners), map.owners[-1].person, map.identifier), NOT startsWith(map.identifier, 'user:')) AS owner
    FROM identity_map AS map FINAL
    WHERE project = {project:String} AND identifier IN names
)
WHERE {id:String} != ''
UNION ALL
SELECT person
FROM account_people FINAL
WHERE {account:String} != '' AND project = {project:String} AND account = {account:String} AND notEmpty(periods);

-- Where their events stand in the primary key; for an account also those who named it in an event.
CREATE OR REPLACE VIEW timeline_subjects AS
SELECT identifiers.identifier AS subject
FROM people FINAL
ARRAY JOIN identifiers
WHERE project = {project:String}
    AND person IN (SELECT person FROM timeline_people(project = {project:String}, id = {id:String}, account = {account:String}))
UNION ALL
SELECT person FROM timeline_people(project = {project:String}, id = {id:String}, account = {account:String})
UNION ALL
SELECT subject FROM account_subjects
WHERE {account:String} != '' AND project = {project:String} AND account = {account:String};

-- Whose each of these subjects is, from when until when, and in which accounts its owner is. The first that
-- holds it at a time counts.
CREATE OR REPLACE VIEW timeline_owners AS
SELECT project, subject, arraySort(owner -> owner.5, groupArray((person, from, to, stays, rank))) AS owners
FROM
(
    -- What the asked people hold.
    SELECT
        project,
        held.identifier AS subject,
        person,
        ifNull(held.from, toDateTime64('1900-01-01', 3, 'UTC')) AS from,
        ifNull(held.to, toDateTime64('2299-12-31', 3, 'UTC')) AS to,
        accounts AS stays,
        0 AS rank
    FROM people FINAL
    ARRAY JOIN identifiers AS held
    WHERE project = {project:String}
        AND person IN (SELECT person FROM timeline_people(project = {project:String}, id = {id:String}, account = {account:String}))
    UNION ALL
    -- Whoever named the asked account without being in it; or everybody.
    SELECT
        map.project,
        map.identifier,
        owner.person,
        ifNull(owner.from, toDateTime64('1900-01-01', 3, 'UTC')),
        ifNull(owner.to, toDateTime64('2299-12-31', 3, 'UTC')),
        known.accounts,
        1
    FROM
    (
        SELECT project, identifier, owner
        FROM identity_map FINAL
        ARRAY JOIN owners AS owner
        WHERE {id:String} = '' AND ({account:String} = '' OR (project = {project:String} AND identifier IN (
            SELECT subject FROM account_subjects WHERE project = {project:String} AND account = {account:String})))
    ) AS map
    LEFT JOIN
    (
        SELECT project, person, accounts
        FROM people FINAL
        WHERE {id:String} = '' AND {account:String} = ''
    ) AS known ON known.project = map.project AND known.person = map.owner.person
    UNION ALL
    -- Whom nobody has stitched yet stands for themselves.
    SELECT {project:String}, subject, subject, toDateTime64('1900-01-01', 3, 'UTC'), toDateTime64('2299-12-31', 3, 'UTC'), [], 2
    FROM
    (
        SELECT person AS subject
        FROM timeline_people(project = {project:String}, id = {id:String}, account = {account:String})
        UNION ALL
        SELECT subject FROM account_subjects
        WHERE {account:String} != '' AND project = {project:String} AND account = {account:String}
    )
)
GROUP BY project, subject;

-- Events with their person (the user's; else the owner of the anonymous id at that time; else the email's) and their
-- accounts (the one the event names itself, else those the person is in at that time). No bots.
CREATE OR REPLACE VIEW timeline_events AS
SELECT
    * EXCEPT (owner),
    if(
        group_id != '' AND type != 'group',
        [group_id],
        arraySort(arrayDistinct(arrayFilter(
            (account, stay) -> at >= ifNull(stay.from, at) AND (stay.to IS NULL OR at < stay.to), owner.4.account, owner.4)))) AS accounts
FROM
(
    SELECT
        found.*,
        arrayFirst(o -> at >= o.2 AND at < o.3, owners) AS owner,
        -- Where nobody is asked for, an event that is nobody's stands for itself.
        if(owner.1 = '' AND {id:String} = '' AND {account:String} = '', found.subject, owner.1) AS person
    FROM
    (
        SELECT
            project, subject, occurred_at AS at, message_id, type, name, kind, origin, anonymous_id, user_id, email, group_id,
            has(memberships.left, true) AS has_left, session_id, channel, channel_rule, source, medium, campaign, referrer,
            url, path, title, properties, traits
        FROM events FINAL
        WHERE NOT is_bot
            AND ({project:String} = '' OR project = {project:String})
            AND (({id:String} = '' AND {account:String} = '') OR subject IN (
                SELECT subject FROM timeline_subjects(project = {project:String}, id = {id:String}, account = {account:String})))
    ) AS found
    LEFT JOIN timeline_owners(project = {project:String}, id = {id:String}, account = {account:String}) AS owned
        ON owned.project = found.project AND owned.subject = found.subject
)
WHERE person != '' AND ({account:String} = '' OR has(accounts, {account:String}));

-- Touchpoints, step by step. Each step is a query of its own: ClickHouse repeats an alias wherever it is used, and a
-- stack of them in one SELECT costs seconds before the first row is read.
--
--     visit        the start of a session: of the client's session id, else of a run of browsing on one device without a
--                  gap of more than 30 minutes
--     told         a track or what an importer sent; told by two sources within 5 minutes it is one touchpoint
--     identified, joined_account    the first of each identifier, the first of each account
--
-- What happens during a visit has the visit's channel: a page's own referrer is the page before it.
CREATE OR REPLACE VIEW timeline_touchpoints AS
WITH
keyed AS (
    SELECT
        *,
        type IN ('page', 'screen') AS is_page,
        -- What an importer sends is nobody's browsing, and a server's track opens no visit.
        multiIf(
            kind != '', '',
            session_id != '', concat('session ', session_id),
            type IN ('page', 'screen') OR (type = 'track' AND origin = 'web'), concat('device ', anonymous_id),
            '') AS session_key
    FROM timeline_events(project = {project:String}, id = {id:String}, account = {account:String})
),
started AS (
    SELECT
        *,
        session_id = '' AND at > lagInFrame(at, 1, at) OVER (PARTITION BY project, person, session_key ORDER BY at, message_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) + INTERVAL 30 MINUTE AS starts
    FROM keyed
),
numbered AS (
    SELECT
        *,
        sum(starts) OVER (PARTITION BY project, person, session_key ORDER BY at, message_id) AS session_number
    FROM started
),
visited AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY project, person, session_key, session_number ORDER BY at, message_id) = 1 AS is_first,
        argMin((channel, channel_rule, source, medium, campaign, referrer), (channel = '', at, message_id)) OVER visit AS visit_come,
        argMin((title, path, name, url), (NOT is_page, at, message_id)) OVER visit AS landing,
        argMax(url, (is_page, at, message_id)) OVER visit AS last_page,
        countIf(is_page) OVER visit AS pages,
        max(at) OVER visit AS until
    FROM numbered
    WINDOW visit AS (PARTITION BY project, person, session_key, session_number)
),
roles AS (
    SELECT
        *,
        if(session_key = '', (channel, channel_rule, source, medium, campaign, referrer), visit_come) AS come,
        part.1 AS role,
        part.2 AS key
    FROM visited
    ARRAY JOIN arrayConcat(
        if(session_key != '' AND is_first, [('visit', message_id)], []),
        if(kind IN ('offline', 'email', 'ad', 'crm') OR (kind = '' AND type = 'track'),
            [('told', lowerUTF8(replaceRegexpAll(name, '[^\\p{L}\\p{N}]+', '')))], []),
        if(kind = '' AND type = 'identify' AND (user_id != '' OR email != ''),
            [('identified', if(user_id != '', concat('user:', user_id), concat('email:', email)))], []),
        if(kind = '' AND type = 'group' AND NOT has_left, [('joined_account', group_id)], [])) AS part
),
spaced AS (
    SELECT
        *,
        -- Nothing joins across a gap of more than 5 minutes.
        role = 'told' AND at > lagInFrame(at, 1, at) OVER (PARTITION BY project, person, role, key ORDER BY at, message_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) + INTERVAL 5 MINUTE AS opens
    FROM roles
),
clustered AS (
    SELECT
        project, person, role, key, origin,
        sum(opens) OVER (PARTITION BY project, person, role, key ORDER BY at, message_id) AS cluster,
        CAST(
            (
                at, message_id, origin,
                multiIf(role != 'told', role, kind = '', 'action', kind),
                multiIf(
                    role = 'visit', if(landing.1 != '', landing.1, if(landing.3 != '', landing.3, landing.2)),
                    role = 'identified', if(email != '', email, user_id),
                    role = 'joined_account', group_id,
                    name),
                come,
                if(role = 'visit', landing.4, url), if(role = 'visit', landing.2, path), if(role = 'visit', landing.1, title),
                if(role = 'visit', session_id, ''), if(role = 'visit', pages, 0), if(role = 'visit', last_page, ''),
                if(role = 'visit', until, at), accounts, startsWith(subject, 'anon:'),
                multiIf(role = 'visit', '{}', role = 'told', properties, traits)
            ),
            'Tuple(at DateTime64(3, \'UTC\'), message_id String, origin String, kind String, name String,
                come Tuple(channel String, channel_rule String, source String, medium String, campaign String, referrer String),
                url String, path String, title String, session_id String, pages UInt64, last_page String, until DateTime64(3, \'UTC\'),
                accounts Array(String), anonymous Bool, properties String)') AS telling
    FROM spaced
),
grouped AS (
    SELECT
        project, person, role, key, cluster,
        -- Identifications and joinings are shown once each: the first.
        arraySlice(arraySort(t -> (t.at, t.message_id), groupArray(telling)), 1, if(role = 'told', NULL, 1)) AS told,
        -- Only what several sources tell of the same name can be joined.
        if(role != 'told' OR key = '' OR uniqExact(origin) = 1, [], arrayMap(t -> (t.at, t.origin), told)) AS candidates
    FROM clustered
    GROUP BY project, person, role, key, cluster
),
-- For each telling the position of the first of its touchpoint, walking from the earliest on. The walk carries what is
-- still open and nothing wide: with the tellings in it, one busy person's would be copied once for each of them.
joined AS (
    SELECT
        project, person, role, key, cluster, told,
        if(
            empty(candidates),
            arrayEnumerate(told),
            arrayFold(
                (walk, t) -> arrayMap(
                    (open, found) -> (
                        if(
                            found = 0,
                            arrayPushBack(open, (toUInt32(length(walk.2) + 1), t.1, [t.2])),
                            arrayMap((g, n) -> if(n = found, (g.1, g.2, arrayPushBack(g.3, t.2)), g), open, arrayEnumerate(open))),
                        arrayPushBack(walk.2, if(found = 0, toUInt32(length(walk.2) + 1), open[found].1))),
                    [arrayFilter(g -> t.1 <= g.2 + INTERVAL 5 MINUTE, walk.1)],
                    [arrayFirstIndex(g -> NOT has(g.3, t.2), arrayFilter(g -> t.1 <= g.2 + INTERVAL 5 MINUTE, walk.1))])[1],
                candidates,
                CAST(([], []), 'Tuple(Array(Tuple(UInt32, DateTime64(3, \'UTC\'), Array(String))), Array(UInt32))')).2) AS firsts
    FROM grouped
),
each AS (
    SELECT project, person, arraySort(t -> (t.at, t.message_id), groupArray(telling)) AS members
    FROM joined
    ARRAY JOIN told AS telling, firsts AS first
    GROUP BY project, person, role, key, cluster, first
),
shown AS (
    SELECT
        project, person,
        members[1] AS lead,
        members[greatest(arrayFirstIndex(t -> t.come.channel != '', members), 1)].come AS come,
        arrayMap(t -> t.message_id, members) AS message_ids,
        arrayMap(t -> t.origin, members) AS sources
    FROM each
)
SELECT
    project,
    lead.at AS at,
    lead.kind AS kind,
    lead.name AS name,
    come.channel AS channel,
    come.channel_rule AS channel_rule,
    come.source AS source,
    come.medium AS medium,
    come.campaign AS campaign,
    come.referrer AS referrer,
    lead.url AS url,
    lead.path AS path,
    lead.title AS title,
    lead.session_id AS session_id,
    lead.pages AS pages,
    lead.last_page AS last_page,
    lead.until AS until,
    dateDiff('millisecond', lead.at, lead.until) / 1000 AS duration_seconds,
    person,
    lead.accounts AS accounts,
    length(lead.accounts) > 1 AS shared,
    lead.anonymous AS anonymous,
    message_ids,
    sources,
    lead.properties AS properties
FROM shown;

-- What a person did, before and after their name was known.
CREATE OR REPLACE VIEW user_timeline AS
SELECT * EXCEPT project
FROM timeline_touchpoints(project = {project:String}, id = {id:String}, account = '');

-- What the people of an account did, and events that name the account.
CREATE OR REPLACE VIEW account_timeline AS
SELECT * EXCEPT project
FROM timeline_touchpoints(project = {project:String}, id = '', account = {id:String});

-- All touchpoints of everybody. Reads everything: filter by time and project where you can, and ask for one person or
-- account with the two views above.
CREATE OR REPLACE VIEW touchpoints AS
SELECT *
FROM timeline_touchpoints(project = '', id = '', account = '');

-- One row a person: users, leads, and visitors of whom nothing but a device is known. Traits as text: of each name the
-- latest, and what was said with a secret key or a signed token before anything that was not.
CREATE OR REPLACE VIEW persons AS
WITH
held AS (
    SELECT project, person, identifier, from, to
    FROM (SELECT project, person, i.identifier AS identifier, i.from AS from, i.to AS to FROM people FINAL ARRAY JOIN identifiers AS i)
    UNION ALL
    SELECT project, subject, subject, NULL, NULL
    FROM (SELECT DISTINCT project, subject FROM events WHERE NOT is_bot)
    WHERE (project, subject) NOT IN (SELECT project, identifier FROM identity_map FINAL WHERE notEmpty(owners))
),
said AS (
    SELECT held.project AS project, held.person AS person, t.name AS name,
        argMax(if(JSONType(t.value) = 'String', JSONExtractString(t.value), t.value), (t.verified, t.at, t.message_id)) AS value
    FROM traits AS t FINAL
    INNER JOIN held ON held.project = t.project AND held.identifier = t.identifier
    WHERE (t.at >= held.from OR held.from IS NULL) AND (t.at < held.to OR held.to IS NULL)
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
    ON known.project = named.project AND known.person = named.person;

-- One row an account, by whatever told of it: people, traits, or events that name it.
CREATE OR REPLACE VIEW accounts AS
WITH
said AS (
    SELECT project, account, name,
        argMax(if(JSONType(value) = 'String', JSONExtractString(value), value), (verified, at, message_id)) AS latest
    FROM account_traits FINAL
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
GROUP BY project, account;

-- What who-is-who facts changed, by the time they were received: which identifier came to which person from when on, or
-- was taken apart, and by which message. Filter by changed_at to see what moved between two dates.
CREATE OR REPLACE VIEW identity_changes AS
SELECT
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
WHERE kind IN ('unlink', 'relink') AND claimer = identifier;
