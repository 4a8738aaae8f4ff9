-- rules: require-concurrent-index-creation timeout-breaks-concurrent-build
CREATE TABLE customers (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount int, note text, "Kind of" text);
INSERT INTO customers SELECT i, 'n' || i, 'e' || i FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, i % 500 + 1, i, 'note ' || i, 'k' FROM generate_series(1, 2000) i;
----
SET lock_timeout = '2s';
SET statement_timeout = '1min';
CREATE INDEX i ON orders (note);
CREATE INDEX CONCURRENTLY j ON orders (amount);
ALTER TABLE orders ALTER COLUMN note SET DEFAULT 'x';
