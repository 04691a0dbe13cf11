-- An address is found as people paste and type it: with spaces and invisible letters around it, in capitals, composed or not, with `email:`
-- before it or without. Its domain stands as it is kept, in ASCII (`jana@xn--mnchen-3ya.de`): ClickHouse has no function for IDNA in every
-- build, and Punycode written in SQL made each such question five times as dear, 106 ms of planning instead of 21.

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
AS WITH asked AS (
    SELECT multiIf(
            match({id:String}, '^email:'), [concat('email:', address)],
            match({id:String}, '^(user|anon):'), [{id:String}],
            match({id:String}, '@'), [concat('user:', {id:String}), concat('email:', address)],
            [concat('user:', {id:String})]) AS names
    FROM (SELECT lowerUTF8(normalizeUTF8NFC(trimBoth(replaceRegexpAll(replaceRegexpOne({id:String}, '^email:', ''), '[\\x{00AD}\\x{034F}\\x{061C}\\x{180E}\\x{200B}-\\x{200F}\\x{202A}-\\x{202E}\\x{2060}-\\x{2069}\\x{FEFF}]', '')))) AS address)
)
SELECT
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
        SELECT
            (SELECT names FROM asked) AS names,
            count() AS found,
            argMin(if(notEmpty(owners), owners[-1].person, identifier), NOT startsWith(identifier, 'user:')) AS owner
        FROM identity_map FINAL
        WHERE project = {project:String} AND identifier IN (SELECT arrayJoin(names) FROM asked)
    ))
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Touchpoints of the person whom id names; parameters project and id';
