-- migrate:up

-- SET NOT NULL reads the whole table while everybody waits, unless a validated CHECK already proves
-- that there is nothing to find. So: the proof, checked without blocking; NOT NULL in a moment; and
-- the CHECK has done its work. Never the last two in one ALTER TABLE: then the proof is gone too early.
ALTER TABLE orders
    ADD CONSTRAINT orders_total_cents_known CHECK (total_cents IS NOT NULL) NOT VALID;

ALTER TABLE orders VALIDATE CONSTRAINT orders_total_cents_known;

ALTER TABLE orders ALTER COLUMN total_cents SET NOT NULL;

ALTER TABLE orders DROP CONSTRAINT orders_total_cents_known;

-- migrate:down

ALTER TABLE orders ALTER COLUMN total_cents DROP NOT NULL;
