-- migrate:up

-- For orders still to come; a new default does not touch the rows that are there.
ALTER TABLE orders ALTER COLUMN total_cents SET DEFAULT 0;

-- One UPDATE of the whole table would be one long transaction: its row locks, its dead rows and the
-- replicas' lag all grow with the table. As a backfill it runs in short batches along the primary key,
-- gives way to others, and goes on where it stopped when it is interrupted.
-- migrate:backfill
UPDATE orders
SET total_cents = (SELECT coalesce(sum(l.quantity * l.price_cents), 0)
                   FROM order_lines AS l WHERE l.order_id = orders.order_id)
WHERE total_cents IS NULL;

-- migrate:down

-- The totals stay: they are right, and the column goes with its own migration.
ALTER TABLE orders ALTER COLUMN total_cents DROP DEFAULT;
