-- Timelines in SQL. Each view asks "who" before it reads an event, so that `events` is read by its primary key:
--
--     timeline_people → timeline_subjects → timeline_events → timeline_touchpoints → user_timeline, account_timeline
--
-- Parameters of the inner ones: project ('' is every project), id (a person, '' for none), account ('' for none).
-- timeline/touches.ts forms the same touchpoints for HTTP; a test holds the two to each other.

-- The person that an id names: typed as it is, an address that is no user's id as an email, else a user id.
CREATE OR REPLACE VIEW timeline_people AS
WITH
    {id:String} AS asked,
    multiIf(
        match(asked, '^(user|anon|email):'), asked,
        match(asked, '^[^@]+@[^@]+$') AND (
            SELECT count() FROM identity_map WHERE project = {project:String} AND identifier = concat('user:', {id:String})
        ) = 0, concat('email:', lower(asked)),
        concat('user:', asked)) AS typed
SELECT if(notEmpty(owners), owners[-1].person, typed) AS person
FROM
(
    SELECT any(map.owners) AS owners
    FROM identity_map AS map FINAL
    WHERE project = {project:String} AND identifier = typed
)
WHERE {id:String} != ''
UNION ALL
SELECT person
FROM account_people FINAL
WHERE {account:String} != '' AND project = {project:String} AND account = {account:String} AND notEmpty(periods);

-- Where their events stand in the primary key, and for an account also those who named it in an event.
CREATE OR REPLACE VIEW timeline_subjects AS
SELECT identifiers.identifier AS subject
FROM people FINAL
ARRAY JOIN identifiers
WHERE project = {project:String}
    AND person IN (SELECT person FROM timeline_people(project = {project:String}, id = {id:String}, account = {account:String}))
UNION ALL
SELECT person
FROM timeline_people(project = {project:String}, id = {id:String}, account = {account:String})
UNION ALL
SELECT subject
FROM account_subjects
WHERE {account:String} != '' AND project = {project:String} AND account = {account:String};

-- Events with their person (the user's; else the owner of the anonymous id at that time; else the email's) and their
-- accounts (the one the event names itself, else those the person is in at that time). No bots.
CREATE OR REPLACE VIEW timeline_events AS
SELECT
    owned.*,
    if(
        group_id != '' AND type != 'group',
        [group_id],
        arrayDistinct(arrayMap(
            stay -> stay.account,
            arrayFilter(stay -> (at >= stay.from OR stay.from IS NULL) AND (at < stay.to OR stay.to IS NULL), stays.accounts)))) AS accounts
FROM
(
    SELECT
        found.*,
        arrayFirst(
            owner -> (at >= owner.from OR owner.from IS NULL) AND (at < owner.to OR owner.to IS NULL),
            map.owners).person AS owner,
        if(owner = '', subject, owner) AS person
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
    LEFT JOIN
    (
        SELECT project, identifier, owners
        FROM identity_map FINAL
        WHERE ({project:String} = '' OR project = {project:String})
            AND (({id:String} = '' AND {account:String} = '') OR identifier IN (
                SELECT subject FROM timeline_subjects(project = {project:String}, id = {id:String}, account = {account:String})))
    ) AS map ON map.project = found.project AND map.identifier = found.subject
) AS owned
LEFT JOIN
(
    SELECT project, person, accounts
    FROM people FINAL
    WHERE ({project:String} = '' OR project = {project:String})
        AND (({id:String} = '' AND {account:String} = '') OR person IN (
            SELECT person FROM timeline_people(project = {project:String}, id = {id:String}, account = {account:String})))
) AS stays ON stays.project = owned.project AND stays.person = owned.person
WHERE ({id:String} = '' OR owned.person IN (
        SELECT person FROM timeline_people(project = {project:String}, id = {id:String}, account = {account:String})))
    AND ({account:String} = '' OR has(accounts, {account:String}));

-- Touchpoints. Three passes: sessions are numbered (the client's own id, else a run of browsing on one device without a
-- gap of more than 30 minutes), each event gets its visit's origin, then every event is asked for which roles it plays:
--
--     visit        the first event of a session
--     told         a track or what an importer sent; one touchpoint told by two sources is joined within 5 minutes
--     identified, joined_account   the first of their kind
CREATE OR REPLACE VIEW timeline_touchpoints AS
SELECT
    project,
    lead.at AS at,
    if(role = 'told', if(lead.kind = '', 'action', lead.kind), role) AS kind,
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
    arrayMap(i -> told[i].message_id, members) AS message_ids,
    arrayMap(i -> told[i].origin, members) AS sources,
    lead.properties AS properties
FROM
(
    SELECT
        project,
        person,
        role,
        arraySort(t -> (t.at, t.message_id), groupArray(telling)) AS told,
        -- Members of each touchpoint as positions in `told`, the first member first.
        multiIf(
            role != 'told', [[toUInt32(1)]],
            uniqExact(telling.origin) = 1 OR key = '', arrayMap(i -> [i], arrayEnumerate(told)),
            arrayFold(
                (groups, i) -> arrayMap(
                    joined -> if(
                        joined = 0,
                        arrayPushBack(groups, [i]),
                        arrayMap((members, n) -> if(n = joined, arrayPushBack(members, i), members), groups, arrayEnumerate(groups))),
                    [arrayFirstIndex(
                        members -> told[i].at <= told[members[1]].at + INTERVAL 5 MINUTE
                            AND NOT arrayExists(m -> told[m].origin = told[i].origin, members),
                        groups)])[1],
                arrayEnumerate(told),
                CAST([], 'Array(Array(UInt32))'))) AS groups
    FROM
    (
        SELECT
            project,
            person,
            part.1 AS role,
            part.2 AS key,
            sum(opens) OVER (PARTITION BY project, person, role, key ORDER BY at, message_id) AS cluster,
            CAST(
                (
                    at, message_id, origin, kind,
                    if(role = 'visit', landing.1, if(role = 'identified', if(email != '', email, user_id), if(role = 'joined_account', group_id, name))),
                    come,
                    if(role = 'visit', landing.2, url), if(role = 'visit', landing.3, path), if(role = 'visit', landing.4, title),
                    if(role = 'visit', session_id, ''), if(role = 'visit', pages, 0), if(role = 'visit', last_page, ''), if(role = 'visit', until, at),
                    accounts, startsWith(subject, 'anon:'),
                    multiIf(role = 'visit', '{}', role = 'told', properties, traits)
                ),
                'Tuple(at DateTime64(3, \'UTC\'), message_id String, origin String, kind String, name String,
                    come Tuple(channel String, channel_rule String, source String, medium String, campaign String, referrer String),
                    url String, path String, title String, session_id String, pages UInt64, last_page String, until DateTime64(3, \'UTC\'),
                    accounts Array(String), anonymous Bool, properties String)') AS telling
        FROM
        (
            SELECT
                *,
                -- Nothing joins a told touchpoint across a gap of more than 5 minutes.
                part.1 = 'told' AND at > lagInFrame(at, 1, at) OVER (PARTITION BY project, person, part ORDER BY at, message_id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) + INTERVAL 5 MINUTE AS opens
            FROM
            (
                SELECT
                    *,
                    row_number() OVER (PARTITION BY project, person, session_key, session_number ORDER BY at, message_id) = 1 AS is_first,
                    if(session_key = '', (channel, channel_rule, source, medium, campaign, referrer),
                        argMin((channel, channel_rule, source, medium, campaign, referrer), (channel = '', at, message_id)) OVER visit) AS come,
                    argMin((if(title != '', title, if(path != '', path, name)), url, path, title), (NOT is_page, at, message_id)) OVER visit AS landing,
                    argMax(url, (is_page, at, message_id)) OVER visit AS last_page,
                    countIf(is_page) OVER visit AS pages,
                    max(at) OVER visit AS until
                FROM
                (
                    SELECT *, sum(starts) OVER (PARTITION BY project, person, session_key ORDER BY at, message_id) AS session_number
                    FROM
                    (
                        SELECT
                            *,
                            type IN ('page', 'screen') AS is_page,
                            -- What an importer sends is nobody's browsing, and a server's track opens no visit.
                            multiIf(
                                kind != '', '',
                                session_id != '', concat('session ', session_id),
                                is_page OR (type = 'track' AND origin = 'web'), concat('device ', anonymous_id),
                                '') AS session_key,
                            session_id = '' AND at > lagInFrame(at, 1, at) OVER (PARTITION BY project, person, session_key ORDER BY at, message_id
                                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) + INTERVAL 30 MINUTE AS starts
                        FROM timeline_events(project = {project:String}, id = {id:String}, account = {account:String})
                    )
                )
                WINDOW visit AS (PARTITION BY project, person, session_key, session_number)
            )
            ARRAY JOIN arrayConcat(
                if(session_key != '' AND is_first, [('visit', message_id)], []),
                if(kind IN ('offline', 'email', 'ad', 'crm') OR type = 'track', [('told', lowerUTF8(replaceRegexpAll(name, '[^\\p{L}\\p{N}]+', '')))], []),
                if(kind = '' AND type = 'identify' AND (user_id != '' OR email != ''),
                    [('identified', if(user_id != '', concat('user:', user_id), concat('email:', email)))], []),
                if(kind = '' AND type = 'group' AND NOT has_left, [('joined_account', group_id)], [])) AS part
        )
    )
    GROUP BY project, person, role, key, cluster
)
ARRAY JOIN groups AS members, arrayMap(g -> told[g[1]], groups) AS lead,
    arrayMap(g -> told[if(arrayFirst(m -> told[m].come.channel != '', g) = 0, g[1], arrayFirst(m -> told[m].come.channel != '', g))].come, groups) AS come;

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
