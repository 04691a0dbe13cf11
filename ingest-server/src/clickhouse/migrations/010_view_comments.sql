-- Each view that fills a table says so, and its columns say what the table's do.
ALTER TABLE account_hosts_of_traits
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN host 'Host in a domain or website trait, and each parent of it down to two labels',
    COMMENT COLUMN account 'Account id, without prefix',
    MODIFY COMMENT 'Fills account_hosts from account_traits';

ALTER TABLE account_subjects_of_events
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN account 'Account id named by the event itself',
    COMMENT COLUMN subject 'Subject of such events',
    MODIFY COMMENT 'Fills account_subjects from events';

ALTER TABLE account_traits_of_events
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN account 'Account id, without prefix',
    COMMENT COLUMN name 'Trait name',
    COMMENT COLUMN at 'occurred_at of the message',
    COMMENT COLUMN message_id 'The message that said so',
    COMMENT COLUMN value 'JSON text of the value',
    COMMENT COLUMN verified 'Said with a secret key or a signed token',
    COMMENT COLUMN received_at 'When collect read the message',
    COMMENT COLUMN version 'First received copy stays',
    COMMENT COLUMN claimer 'Who said so: user:…, email:… or anon:…; empty where they were erased',
    COMMENT COLUMN claimer_email 'Address that the same message states of them, empty when none',
    MODIFY COMMENT 'Fills account_traits from events';

ALTER TABLE changes_of_accounts
    COMMENT COLUMN stored_at 'When ClickHouse inserted the fact',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'claim, alias, unlink, relink, membership, email, account (its domain or website) or erased',
    COMMENT COLUMN identifier 'Whom the fact is about: an identifier (of a link the claimer), or account:…',
    COMMENT COLUMN other 'The other side of a link, else empty',
    COMMENT COLUMN verified 'Said with a secret key or a signed token',
    COMMENT COLUMN at 'Time of the fact',
    COMMENT COLUMN message_id 'The message that said so',
    MODIFY COMMENT 'Fills identity_changes_seen from account_traits';

ALTER TABLE changes_of_emails
    COMMENT COLUMN stored_at 'When ClickHouse inserted the fact',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'claim, alias, unlink, relink, membership, email, account (its domain or website) or erased',
    COMMENT COLUMN identifier 'Whom the fact is about: an identifier (of a link the claimer), or account:…',
    COMMENT COLUMN other 'The other side of a link, else empty',
    MODIFY COMMENT 'Fills identity_changes_seen from email_hosts';

ALTER TABLE changes_of_links
    COMMENT COLUMN stored_at 'When ClickHouse inserted the fact',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'claim, alias, unlink, relink, membership, email, account (its domain or website) or erased',
    COMMENT COLUMN identifier 'Whom the fact is about: an identifier (of a link the claimer), or account:…',
    COMMENT COLUMN other 'The other side of a link, else empty',
    COMMENT COLUMN verified 'Said with a secret key or a signed token',
    COMMENT COLUMN at 'Time of the fact',
    COMMENT COLUMN message_id 'The message that said so',
    MODIFY COMMENT 'Fills identity_changes_seen from links';

ALTER TABLE changes_of_memberships
    COMMENT COLUMN stored_at 'When ClickHouse inserted the fact',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN kind 'claim, alias, unlink, relink, membership, email, account (its domain or website) or erased',
    COMMENT COLUMN identifier 'Whom the fact is about: an identifier (of a link the claimer), or account:…',
    COMMENT COLUMN other 'The other side of a link, else empty',
    COMMENT COLUMN verified 'Said with a secret key or a signed token',
    COMMENT COLUMN at 'Time of the fact',
    COMMENT COLUMN message_id 'The message that said so',
    MODIFY COMMENT 'Fills identity_changes_seen from memberships';

ALTER TABLE email_hosts_of_events
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN host 'uk.acme.com, and acme.com',
    COMMENT COLUMN email 'Address without prefix',
    MODIFY COMMENT 'Fills email_hosts from events';

ALTER TABLE links_of_events
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN identifier 'One side, typed: anon:…, user:…, email:…',
    COMMENT COLUMN other 'The other side',
    COMMENT COLUMN kind 'claim, alias, unlink, relink',
    COMMENT COLUMN message_id 'The message that said so',
    COMMENT COLUMN claimer 'Which of the two sides made the claim (a user or an email); the fact reads claimer → claimed',
    COMMENT COLUMN verified 'Said with a secret key or a signed token',
    COMMENT COLUMN at 'Time of the claim (R5 applied)',
    COMMENT COLUMN received_at 'When collect read the message; as_of looks at this',
    COMMENT COLUMN version 'First received copy stays; of copies received in one millisecond the one that says the earlier time',
    MODIFY COMMENT 'Fills links from events';

ALTER TABLE memberships_of_events
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN account 'Account id, without prefix',
    COMMENT COLUMN identifier 'Who joined or left',
    COMMENT COLUMN at 'occurred_at of the message',
    COMMENT COLUMN message_id 'The message that said so',
    COMMENT COLUMN left 'True when the fact is that they left',
    COMMENT COLUMN verified 'Said with a secret key or a signed token',
    COMMENT COLUMN received_at 'When collect read the message',
    COMMENT COLUMN version 'First received copy stays',
    MODIFY COMMENT 'Fills memberships from events';

ALTER TABLE touchpoint_changes_of_events
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN identifier 'Subject of the events, or the identifier whose owner changed',
    COMMENT COLUMN low 'Of events the earliest occurred_at; null: everything of whoever this is',
    COMMENT COLUMN high 'Of events the latest occurred_at',
    MODIFY COMMENT 'Fills touchpoint_changes from events';

ALTER TABLE touchpoint_changes_of_identity
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN identifier 'Subject of the events, or the identifier whose owner changed',
    COMMENT COLUMN low 'Of events the earliest occurred_at; null: everything of whoever this is',
    COMMENT COLUMN high 'Of events the latest occurred_at',
    MODIFY COMMENT 'Fills touchpoint_changes from identity_map';

ALTER TABLE touchpoint_changes_of_people
    COMMENT COLUMN stored_at 'When ClickHouse inserted what changed',
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN identifier 'Subject of the events, or the identifier whose owner changed',
    COMMENT COLUMN low 'Of events the earliest occurred_at; null: everything of whoever this is',
    COMMENT COLUMN high 'Of events the latest occurred_at',
    MODIFY COMMENT 'Fills touchpoint_changes from people';

ALTER TABLE traits_of_events
    COMMENT COLUMN project 'Tenant',
    COMMENT COLUMN identifier 'Whom it was said about',
    COMMENT COLUMN name 'Trait name',
    COMMENT COLUMN at 'occurred_at of the message',
    COMMENT COLUMN message_id 'The message that said so',
    COMMENT COLUMN value 'JSON text of the value',
    COMMENT COLUMN verified 'Said with a secret key or a signed token',
    COMMENT COLUMN received_at 'When collect read the message',
    COMMENT COLUMN version 'First received copy stays',
    MODIFY COMMENT 'Fills traits from events';
