-- rules: non-transactional-in-transaction
CREATE TABLE orders (id bigint PRIMARY KEY, note text);
INSERT INTO orders SELECT i, 'note ' || i FROM generate_series(1, 2000) i;
----
-- migrate:up transaction:true
ALTER TABLE orders ADD COLUMN kind text;
VACUUM orders;
