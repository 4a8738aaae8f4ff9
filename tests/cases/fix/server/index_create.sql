-- rules: require-concurrent-index-creation
CREATE TABLE customers (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount int, note text, "Kind of" text);
INSERT INTO customers SELECT i, 'n' || i, 'e' || i FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, i % 500 + 1, i, 'note ' || i, 'k' FROM generate_series(1, 2000) i;
----
create index orders_customer_idx on orders (customer_id) include (amount) where amount > 3;
CREATE UNIQUE INDEX ON orders (note, "Kind of" DESC NULLS LAST);
