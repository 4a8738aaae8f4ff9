-- migrate:up

-- ADD UNIQUE builds its index while everybody waits. Build it first, beside the traffic …
CREATE UNIQUE INDEX CONCURRENTLY customers_email_key ON customers (email);

-- … and then make the finished index the constraint: a moment.
ALTER TABLE customers ADD CONSTRAINT customers_email_key UNIQUE USING INDEX customers_email_key;

-- migrate:down

ALTER TABLE customers DROP CONSTRAINT customers_email_key;
