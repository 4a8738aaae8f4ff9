-- rules: not-valid-validate-same-transaction running-statement-while-holding-access-exclusive
CREATE TABLE customers (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount int, note text, "Kind of" text);
INSERT INTO customers SELECT i, 'n' || i, 'e' || i FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, i % 500 + 1, i, 'note ' || i, 'k' FROM generate_series(1, 2000) i;
----
-- migrate:up transaction:true
ALTER TABLE orders ADD CONSTRAINT f CHECK (amount > 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT f;
CREATE TABLE copy AS SELECT * FROM customers;
-- migrate:down
