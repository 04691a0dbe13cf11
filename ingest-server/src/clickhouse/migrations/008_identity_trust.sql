-- What is said about accounts carries its own proof: a userToken verifies who its user is, and of accounts only what it
-- names. Lines from before have '' and count as `verified` says, as they always did.
ALTER TABLE events ADD COLUMN IF NOT EXISTS unverified_group LowCardinality(String) COMMENT 'Of a verified row: what it says about its account without proof: all, traits, domain, or empty: nothing';

-- Who said it, for an unverified claim of a domain counts only from somebody with an address there. Emptied where the
-- claimer is erased.
ALTER TABLE account_traits ADD COLUMN IF NOT EXISTS claimer String COMMENT 'Who said so: user:…, email:… or anon:…; empty before this column was, and where they were erased';

ALTER TABLE account_traits ADD COLUMN IF NOT EXISTS claimer_email String COMMENT 'Address that the same message states of them, empty when none';

ALTER TABLE account_traits_of_events MODIFY QUERY
SELECT
    project, group_id AS account, t.name AS name, occurred_at AS at, message_id, t.value AS value,
    verified AND (unverified_group = '' OR (unverified_group = 'domain' AND t.name NOT IN ('domain', 'website'))) AS verified,
    received_at, version, memberships[1].1 AS claimer, email AS claimer_email
FROM events
ARRAY JOIN group_traits AS t;

ALTER TABLE memberships_of_events MODIFY QUERY
SELECT
    project, m.account AS account, m.identifier AS identifier, occurred_at AS at, message_id, m.left AS left,
    verified AND unverified_group != 'all' AS verified, received_at, version
FROM events
ARRAY JOIN memberships AS m;

-- Whether somebody is in an account for certain, or by a claim that nobody proved.
ALTER TABLE people MODIFY COLUMN accounts Array(Tuple(account String, how String, from Nullable(DateTime64(3, 'UTC')), to Nullable(DateTime64(3, 'UTC')), because String, verified Bool)) COMMENT 'Accounts the person counts in, one entry an interval; how is group or domain; verified: said with a secret key or a token that names the account, or by a verified address';

ALTER TABLE account_people ADD COLUMN IF NOT EXISTS verified Bool COMMENT 'Said with a secret key or a token that names the account, or by a verified address';
