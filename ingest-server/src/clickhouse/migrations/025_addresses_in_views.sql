-- Addresses are kept with their domains in ASCII (IDNA), and asked for as people write them: `jana@münchen.de`. ClickHouse has no function
-- for it in every build, so the views write Punycode (RFC 3492) themselves, from the differences of which it consists.

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
            match({id:String}, '^email:'), [concat('email:', at_sign, host)],
            match({id:String}, '^(user|anon):'), [{id:String}],
            notEmpty(at_sign), [concat('user:', {id:String}), concat('email:', at_sign, host)],
            [concat('user:', {id:String})]) AS names
    FROM (
        SELECT arrayStringConcat(arrayMap((label, ps, ds, plain) -> if(empty(ds), label, concat('xn--',
            arrayStringConcat(arrayMap(p -> char(p), arrayFilter(p -> p < 128, ps))), if(plain > 0, '-', ''),
            -- Digits of base 36, whose thresholds follow the bias, which follows the numbers before.
            arrayFold((acc, d, k) -> (
                concat(acc.1, arrayFold((a, t) -> if(a.3 = 1, a, if(a.2 < t,
                    (concat(a.1, substring('abcdefghijklmnopqrstuvwxyz0123456789', a.2 + 1, 1)), toInt64(0), toUInt8(1)),
                    (concat(a.1, substring('abcdefghijklmnopqrstuvwxyz0123456789', t + (a.2 - t) % (36 - t) + 1, 1)), toInt64(intDiv(a.2 - t, 36 - t)), toUInt8(0)))),
                    arrayMap(j -> toInt64(least(26, greatest(1, 36 * toInt64(j) - acc.2))), range(1, 9)), ('', toInt64(d), toUInt8(0))).1),
                arrayMap(a -> toInt64(a.2 + intDiv(36 * a.1, a.1 + 38)), [arrayFold((a, j) -> if(a.1 > 455, (toInt64(intDiv(a.1, 35)), toInt64(a.2 + 36)), a), range(6),
                    (toInt64(intDiv(d, if(k = 1, 700, 2)) + intDiv(intDiv(d, if(k = 1, 700, 2)), plain + toInt64(k))), toInt64(0)))])[1]),
                ds, arrayEnumerate(ds), ('', toInt64(72))).1)), labels, points, deltas, plains), '.') AS host, at_sign
        FROM (
            WITH
                lowerUTF8(normalizeUTF8NFC(trimBoth(replaceRegexpAll(if(match({id:String}, '^email:'), substring({id:String}, 7), {id:String}), '[\\x{00AD}\\x{034F}\\x{061C}\\x{180E}\\x{200B}-\\x{200F}\\x{202A}-\\x{202E}\\x{2060}-\\x{2069}\\x{FEFF}]', '')))) AS shown,
                replaceOne(shown, '＠', '@') AS address
            SELECT
                extract(address, '^(?s)(.*@)') AS at_sign,
                splitByChar('.', replaceAll(substring(address, length(at_sign) + 1), '。', '.')) AS labels,
                arrayMap(label -> arrayMap(letter -> toInt64(multiIf(
                    length(letter) = 1, reinterpretAsUInt8(letter),
                    length(letter) = 2, (reinterpretAsUInt8(letter) - 192) * 64 + reinterpretAsUInt8(substring(letter, 2, 1)) - 128,
                    length(letter) = 3, (reinterpretAsUInt8(letter) - 224) * 4096 + (reinterpretAsUInt8(substring(letter, 2, 1)) - 128) * 64 + reinterpretAsUInt8(substring(letter, 3, 1)) - 128,
                    (reinterpretAsUInt8(letter) - 240) * 262144 + (reinterpretAsUInt8(substring(letter, 2, 1)) - 128) * 4096 + (reinterpretAsUInt8(substring(letter, 3, 1)) - 128) * 64 + reinterpretAsUInt8(substring(letter, 4, 1)) - 128
                )), extractAll(label, '(?s).')), labels) AS points,
                -- The letters beyond ASCII in the order in which they are put in, with their places.
                arrayMap(ps -> arraySort(arrayFilter(one -> one.1 > 127, arrayZip(ps, arrayEnumerate(ps)))), points) AS inserted,
                -- Behind how many letters each is put, of those that are there by then.
                arrayMap((ps, ins) -> arrayMap(one -> toInt64(arrayCount((p, at) -> at < one.2 AND p <= one.1, ps, arrayEnumerate(ps))), ins), points, inserted) AS behind,
                arrayMap(ps -> toInt64(arrayCount(p -> p < 128, ps)), points) AS plains,
                -- How far the state of the decoder goes from each to the next.
                arrayMap((ins, bs, plain) -> arrayMap((one, before, k) ->
                    (one.1 - if(k = 1, 128, ins[k - 1].1)) * (plain + toInt64(k)) + before - if(k = 1, 0, bs[k - 1] + 1),
                    ins, bs, arrayEnumerate(ins)), inserted, behind, plains) AS deltas
        )
    )
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
AS WITH asked AS (
    SELECT if(startsWith({id:String}, 'domain:'), concat('domain:', host), {id:String}) AS account
    FROM (
        SELECT arrayStringConcat(arrayMap((label, ps, ds, plain) -> if(empty(ds), label, concat('xn--',
            arrayStringConcat(arrayMap(p -> char(p), arrayFilter(p -> p < 128, ps))), if(plain > 0, '-', ''),
            -- Digits of base 36, whose thresholds follow the bias, which follows the numbers before.
            arrayFold((acc, d, k) -> (
                concat(acc.1, arrayFold((a, t) -> if(a.3 = 1, a, if(a.2 < t,
                    (concat(a.1, substring('abcdefghijklmnopqrstuvwxyz0123456789', a.2 + 1, 1)), toInt64(0), toUInt8(1)),
                    (concat(a.1, substring('abcdefghijklmnopqrstuvwxyz0123456789', t + (a.2 - t) % (36 - t) + 1, 1)), toInt64(intDiv(a.2 - t, 36 - t)), toUInt8(0)))),
                    arrayMap(j -> toInt64(least(26, greatest(1, 36 * toInt64(j) - acc.2))), range(1, 9)), ('', toInt64(d), toUInt8(0))).1),
                arrayMap(a -> toInt64(a.2 + intDiv(36 * a.1, a.1 + 38)), [arrayFold((a, j) -> if(a.1 > 455, (toInt64(intDiv(a.1, 35)), toInt64(a.2 + 36)), a), range(6),
                    (toInt64(intDiv(d, if(k = 1, 700, 2)) + intDiv(intDiv(d, if(k = 1, 700, 2)), plain + toInt64(k))), toInt64(0)))])[1]),
                ds, arrayEnumerate(ds), ('', toInt64(72))).1)), labels, points, deltas, plains), '.') AS host, at_sign
        FROM (
            WITH
                lowerUTF8(normalizeUTF8NFC(trimBoth(replaceRegexpAll(substring({id:String}, 8), '[\\x{00AD}\\x{034F}\\x{061C}\\x{180E}\\x{200B}-\\x{200F}\\x{202A}-\\x{202E}\\x{2060}-\\x{2069}\\x{FEFF}]', '')))) AS shown,
                replaceOne(shown, '＠', '@') AS address
            SELECT
                extract(address, '^(?s)(.*@)') AS at_sign,
                splitByChar('.', replaceAll(substring(address, length(at_sign) + 1), '。', '.')) AS labels,
                arrayMap(label -> arrayMap(letter -> toInt64(multiIf(
                    length(letter) = 1, reinterpretAsUInt8(letter),
                    length(letter) = 2, (reinterpretAsUInt8(letter) - 192) * 64 + reinterpretAsUInt8(substring(letter, 2, 1)) - 128,
                    length(letter) = 3, (reinterpretAsUInt8(letter) - 224) * 4096 + (reinterpretAsUInt8(substring(letter, 2, 1)) - 128) * 64 + reinterpretAsUInt8(substring(letter, 3, 1)) - 128,
                    (reinterpretAsUInt8(letter) - 240) * 262144 + (reinterpretAsUInt8(substring(letter, 2, 1)) - 128) * 4096 + (reinterpretAsUInt8(substring(letter, 3, 1)) - 128) * 64 + reinterpretAsUInt8(substring(letter, 4, 1)) - 128
                )), extractAll(label, '(?s).')), labels) AS points,
                -- The letters beyond ASCII in the order in which they are put in, with their places.
                arrayMap(ps -> arraySort(arrayFilter(one -> one.1 > 127, arrayZip(ps, arrayEnumerate(ps)))), points) AS inserted,
                -- Behind how many letters each is put, of those that are there by then.
                arrayMap((ps, ins) -> arrayMap(one -> toInt64(arrayCount((p, at) -> at < one.2 AND p <= one.1, ps, arrayEnumerate(ps))), ins), points, inserted) AS behind,
                arrayMap(ps -> toInt64(arrayCount(p -> p < 128, ps)), points) AS plains,
                -- How far the state of the decoder goes from each to the next.
                arrayMap((ins, bs, plain) -> arrayMap((one, before, k) ->
                    (one.1 - if(k = 1, 128, ins[k - 1].1)) * (plain + toInt64(k)) + before - if(k = 1, 0, bs[k - 1] + 1),
                    ins, bs, arrayEnumerate(ins)), inserted, behind, plains) AS deltas
        )
    )
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
WHERE (SELECT countIf(throwIf(view = 'account_timeline' AND parameter NOT IN ('project', 'id'), 'account_timeline has no other parameters than project and id; as_of is asked over HTTP')) FROM parameters_asked) = 0
    AND project = {project:String} AND has(accounts, (SELECT account FROM asked)) AND person_key IN (
    SELECT person_key FROM touchpoints_of_accounts
    WHERE project = {project:String} AND account_key = cityHash64((SELECT account FROM asked)))
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Touchpoints that count for the account id; parameters project and id';
