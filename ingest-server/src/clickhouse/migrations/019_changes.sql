-- What segments, scores and hand-offs say outward, for the sequencer of changes.
CREATE MATERIALIZED VIEW IF NOT EXISTS changes_seen_of_transitions TO changes_seen AS
SELECT now64(3, 'UTC') AS stored_at, project, 'segment' AS kind, segment AS of, subject_kind, subject, id,
    toJSONString(map('segment', toString(segment), 'change', toString(change), 'validAt', formatDateTime(valid_at, '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC'))) AS data
FROM segment_transitions
WHERE change IN ('enter', 'leave');

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_seen_of_handoffs TO changes_seen AS
SELECT now64(3, 'UTC') AS stored_at, project, 'handOff' AS kind, score AS of, subject_kind, subject, id,
    concat('{"score":', toJSONString(toString(score)), ',"fit":', toString(fit), ',"behaviour":', toString(behaviour), ',"total":', toString(total),
        ',"account":', toJSONString(account), ',"rules":', if(isValidJSON(rules), rules, '[]'), '}') AS data
FROM handoff_records;

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_seen_of_scores TO changes_seen AS
SELECT now64(3, 'UTC') AS stored_at, project, 'score' AS kind, score AS of, subject_kind, subject,
    concat('score:', toString(round(fit)), ':', toString(round(behaviour))) AS id,
    concat('{"score":', toJSONString(toString(score)), ',"fit":', toString(round(fit)), ',"behaviour":', toString(round(behaviour)), ',"total":', toString(round(fit + behaviour)), '}') AS data
FROM score_values
WHERE is_deleted = 0;
