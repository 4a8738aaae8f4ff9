-- rules: ban-concurrent-index-creation-in-transaction
CREATE TABLE orders (id bigint PRIMARY KEY, note text);
INSERT INTO orders SELECT i, 'note ' || i FROM generate_series(1, 2000) i;
----
-- migrate:up transaction:true
ALTER TABLE orders ADD COLUMN kind text;
CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note);
COMMENT ON TABLE orders IS 'what was ordered';
