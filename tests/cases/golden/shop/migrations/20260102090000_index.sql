-- migrate:up
CREATE INDEX orders_customer_idx ON orders (customer_id);
-- migrate:allow ban-drop-table because "carts" is <empty> since 4.2 & unused
DROP TABLE carts;
	/* Ü 日本 */ DROP TABLE "Old | Carts"; DROP TABLE "@bob #12";
-- migrate:down
DROP INDEX orders_customer_idx;
