-- rules: adding-field-with-default
CREATE TABLE customers (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount int, note text, "Kind of" text);
INSERT INTO customers SELECT i, 'n' || i, 'e' || i FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, i % 500 + 1, i, 'note ' || i, 'k' FROM generate_series(1, 2000) i;
----
ALTER TABLE orders ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid(), ADD COLUMN plain int DEFAULT 3;
ALTER TABLE orders ADD COLUMN seen timestamptz DEFAULT clock_timestamp();
