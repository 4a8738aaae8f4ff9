-- migrate:up

-- Here the value of the migration before is used.
ALTER TABLE orders ADD COLUMN refunded_at timestamptz;

ALTER TABLE orders
    ADD CONSTRAINT orders_refunded_at_known CHECK (status <> 'refunded' OR refunded_at IS NOT NULL) NOT VALID;

ALTER TABLE orders VALIDATE CONSTRAINT orders_refunded_at_known;

-- migrate:down

ALTER TABLE orders DROP CONSTRAINT orders_refunded_at_known;
ALTER TABLE orders DROP COLUMN refunded_at;
