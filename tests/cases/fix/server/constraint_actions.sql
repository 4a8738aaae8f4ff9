-- rules: adding-foreign-key-constraint adding-not-nullable-field disallowed-unique-constraint constraint-missing-not-valid
CREATE TABLE customers (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount int, note text, "Kind of" text);
INSERT INTO customers SELECT i, 'n' || i, 'e' || i FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, i % 500 + 1, i, 'note ' || i, 'k' FROM generate_series(1, 2000) i;
----
ALTER TABLE orders
    ADD COLUMN x int, -- stays
    ADD CONSTRAINT f FOREIGN KEY (customer_id) REFERENCES customers,
    ALTER COLUMN amount SET NOT NULL,
    ADD UNIQUE (note),
    ADD CHECK (amount > 0),
    ALTER COLUMN note SET DEFAULT 'n';
ALTER TABLE orders ADD UNIQUE (amount), ADD CONSTRAINT u UNIQUE (id, note);
