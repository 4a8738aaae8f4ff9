-- migrate:up

-- A column without NOT NULL and without a computed default costs nothing: no row is touched. The next
-- three migrations keep it right, fill it and make it NOT NULL.
ALTER TABLE orders ADD COLUMN total_cents bigint;

-- migrate:down

ALTER TABLE orders DROP COLUMN total_cents;
