-- rules: ban-update-without-where ban-delete-without-where unbatched-backfill
CREATE TABLE customers (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount int, note text, "Kind of" text);
INSERT INTO customers SELECT i, 'n' || i, 'e' || i FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, i % 500 + 1, i, 'note ' || i, 'k' FROM generate_series(1, 2000) i;
----
UPDATE orders SET note = upper(note);
UPDATE orders SET amount = 0 WHERE amount > 100;
DELETE FROM orders WHERE amount = 7;
DELETE FROM orders;
