-- migrate:up

-- CREATE INDEX alone lets nobody write to orders until it is built. CONCURRENTLY takes about twice as
-- long and blocks no reads and no writes. It runs outside a transaction, as a step of its own.
CREATE INDEX CONCURRENTLY orders_placed_at_idx ON orders (placed_at);

-- migrate:down

DROP INDEX CONCURRENTLY orders_placed_at_idx;
