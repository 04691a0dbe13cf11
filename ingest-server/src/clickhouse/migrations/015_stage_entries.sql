-- Entries into stages as SQL: what a view can say of them. Lists of stages come from the definitions; the view knows those in
-- which each stage is entered by touches of a name, a kind or a channel (one of them, or any of several), and which have no
-- way back. Of every other list it has no row; HTTP knows all.
CREATE OR REPLACE VIEW stage_entries
(
    project String COMMENT 'Tenant',
    list String COMMENT 'Id of the list of stages',
    subject_kind String COMMENT 'person or account: whose stages they are',
    subject String COMMENT 'Person or account id',
    stage String COMMENT 'Id of the stage that was entered',
    place UInt32 COMMENT 'Its place in the list, from 1',
    at DateTime64(3, 'UTC') COMMENT 'When it was entered',
    left_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the next one was entered; null: it is in it',
    message_id String COMMENT 'The event that made it so'
)
AS WITH
stages AS (
    SELECT project, id AS list, JSONExtractString(body, 'subject') AS subject_kind, raws, raw, place,
        if(JSONHas(raw, 'enter', 'any'), JSONExtractArrayRaw(raw, 'enter', 'any'), [JSONExtractRaw(raw, 'enter')]) AS ways,
        NOT JSONHas(raw, 'again') AND NOT JSONHas(raw, 'exit') AND JSONExtractKeys(raw, 'enter') IN (['any'], ['touch'])
            AND arrayAll(way -> JSONExtractKeys(way) = ['touch']
                AND arrayAll(key -> key IN ('name', 'kind', 'channel'), JSONExtractKeys(way, 'touch'))
                AND position(JSONExtractString(way, 'touch', 'name'), '*') = 0, ways) AS is_known
    FROM (
        SELECT project, id, JSONExtractArrayRaw(body, 'stages') AS raws, body
        FROM (
            SELECT project, id, argMax(body, (version, -toUnixTimestamp64Milli(at))) AS body, argMax(is_deleted, (version, -toUnixTimestamp64Milli(at))) AS is_gone
            FROM definitions
            WHERE kind = 'stages'
            GROUP BY project, id
        )
        WHERE NOT is_gone
    )
    ARRAY JOIN raws AS raw, arrayEnumerate(raws) AS place
),
rules AS (
    SELECT project, list, subject_kind, place, JSONExtractString(raw, 'id') AS stage,
        JSONExtractString(way, 'touch', 'name') AS name, JSONExtractString(way, 'touch', 'kind') AS kind,
        JSONExtractString(way, 'touch', 'channel') AS channel
    FROM (SELECT *, min(is_known) OVER (PARTITION BY project, list) AS all_known FROM stages)
    ARRAY JOIN ways AS way
    WHERE all_known
),
touches AS (
    SELECT project, 'account' AS subject_kind, account AS subject, at, message_id, kind, name, channel FROM touchpoints_of_accounts FINAL
    UNION ALL
    SELECT project, 'person', person, at, message_ids[1], kind, name, channel FROM touchpoints_of_people FINAL
),
firsts AS (
    SELECT project, list, subject_kind, subject, place, stage, min(told) AS first
    FROM (
        SELECT t.project AS project, r.list AS list, t.subject_kind AS subject_kind, t.subject AS subject, r.place AS place, r.stage AS stage, (t.at, t.message_id) AS told
        FROM touches AS t
        INNER JOIN rules AS r ON r.project = t.project AND r.subject_kind = t.subject_kind AND r.name = t.name
        WHERE r.name != '' AND (r.kind = '' OR r.kind = t.kind) AND (r.channel = '' OR r.channel = t.channel)
        UNION ALL
        SELECT t.project, r.list, t.subject_kind, t.subject, r.place, r.stage, (t.at, t.message_id)
        FROM touches AS t
        INNER JOIN rules AS r ON r.project = t.project AND r.subject_kind = t.subject_kind
        WHERE r.name = '' AND (r.kind = '' OR r.kind = t.kind) AND (r.channel = '' OR r.channel = t.channel)
    )
    GROUP BY project, list, subject_kind, subject, place, stage
),
entries AS (
    SELECT *, max(place) OVER (PARTITION BY project, list, subject ORDER BY first.1, place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM firsts
)
SELECT project, list, subject_kind, subject, stage, place, first.1 AS at,
    leadInFrame(toNullable(first.1)) OVER (PARTITION BY project, list, subject ORDER BY place ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS left_at,
    first.2 AS message_id
FROM entries
WHERE place > before
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Entries into the stages of every list that touches alone decide';
