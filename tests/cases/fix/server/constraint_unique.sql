-- rules: disallowed-unique-constraint
CREATE TABLE customers (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount int, note text, "Kind of" text);
INSERT INTO customers SELECT i, 'n' || i, 'e' || i FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, i % 500 + 1, i, 'note ' || i, 'k' FROM generate_series(1, 2000) i;
----
ALTER TABLE orders ADD UNIQUE (note);
ALTER TABLE orders ADD CONSTRAINT "U u" UNIQUE NULLS NOT DISTINCT (note, "Kind of") INCLUDE (amount) WITH (fillfactor = 70) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE orders ADD UNIQUE (note, amount) USING INDEX TABLESPACE pg_default;
