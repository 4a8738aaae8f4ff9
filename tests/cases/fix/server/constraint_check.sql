-- rules: constraint-missing-not-valid
CREATE TABLE customers (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount int, note text, "Kind of" text);
INSERT INTO customers SELECT i, 'n' || i, 'e' || i FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, i % 500 + 1, i, 'note ' || i, 'k' FROM generate_series(1, 2000) i;
----
ALTER TABLE orders ADD CHECK (amount > 0);
ALTER TABLE orders ADD CHECK (amount < 1000000) NO INHERIT;
ALTER TABLE orders ADD CHECK (amount > 0 OR note IS NULL);
ALTER TABLE orders ADD CONSTRAINT "K k" CHECK ("Kind of" <> '');
