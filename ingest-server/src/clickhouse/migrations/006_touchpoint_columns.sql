-- What touchpoints need of an event beyond what it had: the order inside a client's batch, and who spoke to whom.
-- Rows from before have 0 and '': their ties go by message id, their direction by kind.
ALTER TABLE events ADD COLUMN IF NOT EXISTS batch_index UInt16 COMMENT 'Place in the client''s batch, from 0; breaks ties of time among what came together' CODEC(ZSTD(1));

ALTER TABLE events ADD COLUMN IF NOT EXISTS direction LowCardinality(String) COMMENT 'inbound or outbound where an importer says so (context.touchpoint.direction), else empty';
