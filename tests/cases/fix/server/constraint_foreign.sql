-- rules: adding-foreign-key-constraint
CREATE TABLE customers (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount int, note text, "Kind of" text);
INSERT INTO customers SELECT i, 'n' || i, 'e' || i FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, i % 500 + 1, i, 'note ' || i, 'k' FROM generate_series(1, 2000) i;
----
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY orders ADD CONSTRAINT "F k" FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers ON UPDATE SET NULL;
