-- Each view that fills a table of engagement says so, and its columns say what the table's do.
ALTER TABLE changes_seen_of_account_touches
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account, score, stage, segment, handOff',
    COMMENT COLUMN of 'Which segment or score',
    COMMENT COLUMN subject_kind 'person or account',
    COMMENT COLUMN subject 'Whom it is about',
    COMMENT COLUMN id 'Of a recorded change; empty: what is so now is to be asked',
    COMMENT COLUMN data 'JSON of a recorded change',
    MODIFY COMMENT 'Fills changes_seen (account touches)';

ALTER TABLE changes_seen_of_account_traits
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account, score, stage, segment, handOff',
    COMMENT COLUMN of 'Which segment or score',
    COMMENT COLUMN subject_kind 'person or account',
    COMMENT COLUMN subject 'Whom it is about',
    COMMENT COLUMN id 'Of a recorded change; empty: what is so now is to be asked',
    COMMENT COLUMN data 'JSON of a recorded change',
    MODIFY COMMENT 'Fills changes_seen (account traits)';

ALTER TABLE changes_seen_of_handoffs
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account, score, stage, segment, handOff',
    COMMENT COLUMN of 'Which segment or score',
    COMMENT COLUMN subject_kind 'person or account',
    COMMENT COLUMN subject 'Whom it is about',
    COMMENT COLUMN id 'Of a recorded change; empty: what is so now is to be asked',
    COMMENT COLUMN data 'JSON of a recorded change',
    MODIFY COMMENT 'Fills changes_seen (handoffs)';

ALTER TABLE changes_seen_of_people
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account, score, stage, segment, handOff',
    COMMENT COLUMN of 'Which segment or score',
    COMMENT COLUMN subject_kind 'person or account',
    COMMENT COLUMN subject 'Whom it is about',
    COMMENT COLUMN id 'Of a recorded change; empty: what is so now is to be asked',
    COMMENT COLUMN data 'JSON of a recorded change',
    MODIFY COMMENT 'Fills changes_seen (people)';

ALTER TABLE changes_seen_of_people_touches
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account, score, stage, segment, handOff',
    COMMENT COLUMN of 'Which segment or score',
    COMMENT COLUMN subject_kind 'person or account',
    COMMENT COLUMN subject 'Whom it is about',
    COMMENT COLUMN id 'Of a recorded change; empty: what is so now is to be asked',
    COMMENT COLUMN data 'JSON of a recorded change',
    MODIFY COMMENT 'Fills changes_seen (people touches)';

ALTER TABLE changes_seen_of_scores
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account, score, stage, segment, handOff',
    COMMENT COLUMN of 'Which segment or score',
    COMMENT COLUMN subject_kind 'person or account',
    COMMENT COLUMN subject 'Whom it is about',
    COMMENT COLUMN id 'Of a recorded change; empty: what is so now is to be asked',
    COMMENT COLUMN data 'JSON of a recorded change',
    MODIFY COMMENT 'Fills changes_seen (scores)';

ALTER TABLE changes_seen_of_traits
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account, score, stage, segment, handOff',
    COMMENT COLUMN of 'Which segment or score',
    COMMENT COLUMN subject_kind 'person or account',
    COMMENT COLUMN subject 'Whom it is about',
    COMMENT COLUMN id 'Of a recorded change; empty: what is so now is to be asked',
    COMMENT COLUMN data 'JSON of a recorded change',
    MODIFY COMMENT 'Fills changes_seen (traits)';

ALTER TABLE changes_seen_of_transitions
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account, score, stage, segment, handOff',
    COMMENT COLUMN of 'Which segment or score',
    COMMENT COLUMN subject_kind 'person or account',
    COMMENT COLUMN subject 'Whom it is about',
    COMMENT COLUMN id 'Of a recorded change; empty: what is so now is to be asked',
    COMMENT COLUMN data 'JSON of a recorded change',
    MODIFY COMMENT 'Fills changes_seen (transitions)';

ALTER TABLE delivery_states_of_attempts
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN id 'Id of the delivery',
    COMMENT COLUMN attempt 'The last one',
    COMMENT COLUMN kind 'As in delivery_attempts',
    COMMENT COLUMN at 'As in delivery_attempts',
    COMMENT COLUMN state 'As in delivery_attempts',
    COMMENT COLUMN status 'As in delivery_attempts',
    COMMENT COLUMN latency_ms 'As in delivery_attempts',
    COMMENT COLUMN answer 'As in delivery_attempts',
    COMMENT COLUMN next_at 'As in delivery_attempts',
    COMMENT COLUMN tries 'As in delivery_attempts',
    COMMENT COLUMN until 'As in delivery_attempts',
    COMMENT COLUMN subject 'As in delivery_attempts',
    COMMENT COLUMN subjects 'As in delivery_attempts',
    MODIFY COMMENT 'Fills delivery_states (attempts)';

ALTER TABLE engage_changes_of_account_touches
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account; identifier: whoever owns it; people: identity of a person',
    COMMENT COLUMN id 'Person, account or identifier',
    MODIFY COMMENT 'Fills engage_changes (account touches)';

ALTER TABLE engage_changes_of_account_traits
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account; identifier: whoever owns it; people: identity of a person',
    COMMENT COLUMN id 'Person, account or identifier',
    MODIFY COMMENT 'Fills engage_changes (account traits)';

ALTER TABLE engage_changes_of_additions
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account; identifier: whoever owns it; people: identity of a person',
    COMMENT COLUMN id 'Person, account or identifier',
    MODIFY COMMENT 'Fills engage_changes (additions)';

ALTER TABLE engage_changes_of_members
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account; identifier: whoever owns it; people: identity of a person',
    COMMENT COLUMN id 'Person, account or identifier',
    MODIFY COMMENT 'Fills engage_changes (members)';

ALTER TABLE engage_changes_of_people
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account; identifier: whoever owns it; people: identity of a person',
    COMMENT COLUMN id 'Person, account or identifier',
    MODIFY COMMENT 'Fills engage_changes (people)';

ALTER TABLE engage_changes_of_people_touches
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account; identifier: whoever owns it; people: identity of a person',
    COMMENT COLUMN id 'Person, account or identifier',
    MODIFY COMMENT 'Fills engage_changes (people touches)';

ALTER TABLE engage_changes_of_traits
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'person, account; identifier: whoever owns it; people: identity of a person',
    COMMENT COLUMN id 'Person, account or identifier',
    MODIFY COMMENT 'Fills engage_changes (traits)';

ALTER TABLE program_runs_now_of_facts
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN program 'As in program_facts',
    COMMENT COLUMN run 'As in program_facts',
    COMMENT COLUMN place 'Number of the fact, then its version: the last one stays',
    COMMENT COLUMN n 'As in program_facts',
    COMMENT COLUMN at 'When',
    COMMENT COLUMN program_version 'As in program_facts',
    COMMENT COLUMN subject_kind 'person or account',
    COMMENT COLUMN subject 'As in program_facts',
    COMMENT COLUMN entry 'As in program_facts',
    COMMENT COLUMN way 'As in program_facts',
    COMMENT COLUMN trigger 'As in program_facts',
    COMMENT COLUMN slot 'As in program_facts',
    COMMENT COLUMN step 'As in program_facts',
    COMMENT COLUMN state 'waiting, done, exited',
    COMMENT COLUMN due_at 'As in program_facts',
    COMMENT COLUMN entered_at 'As in program_facts',
    COMMENT COLUMN because 'As in program_facts',
    MODIFY COMMENT 'Fills program_runs_now (facts)';

ALTER TABLE segment_transition_feed_of_transitions
    COMMENT COLUMN stored_at 'When ClickHouse inserted it',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN segment 'As in segment_transitions',
    COMMENT COLUMN segment_version 'As in segment_transitions',
    COMMENT COLUMN subject_kind 'As in segment_transitions',
    COMMENT COLUMN subject 'As in segment_transitions',
    COMMENT COLUMN change 'enter, leave',
    COMMENT COLUMN cause 'As in segment_transitions',
    COMMENT COLUMN valid_at 'As in segment_transitions',
    COMMENT COLUMN known_at 'As in segment_transitions',
    COMMENT COLUMN id 'As in segment_transitions; may come more than once',
    MODIFY COMMENT 'Fills segment_transition_feed (transitions)';
