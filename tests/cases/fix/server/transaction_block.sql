-- rules: transaction-nesting require-concurrent-index-creation adding-foreign-key-constraint
CREATE TABLE customers (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount int, note text, "Kind of" text);
INSERT INTO customers SELECT i, 'n' || i, 'e' || i FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, i % 500 + 1, i, 'note ' || i, 'k' FROM generate_series(1, 2000) i;
----
BEGIN;
CREATE INDEX first_idx ON orders (note);
INSERT INTO customers VALUES (1001, 'x', 'y');
CREATE INDEX between_idx ON orders (amount);
INSERT INTO customers VALUES (1002, 'x', 'y');
ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (customer_id) REFERENCES customers;
COMMIT;
