-- rules: require-concurrent-refresh
CREATE TABLE customers (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount int, note text, "Kind of" text);
INSERT INTO customers SELECT i, 'n' || i, 'e' || i FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, i % 500 + 1, i, 'note ' || i, 'k' FROM generate_series(1, 2000) i;
CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n, customer_id FROM orders GROUP BY 2;
CREATE UNIQUE INDEX v_c ON v (customer_id);
----
REFRESH MATERIALIZED VIEW v;
