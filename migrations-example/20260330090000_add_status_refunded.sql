-- migrate:up

-- A new enum value can be used only after its transaction has committed, so it gets a migration of its
-- own. Say where it belongs in the order: it cannot be moved later.
ALTER TYPE order_status ADD VALUE IF NOT EXISTS 'refunded' AFTER 'shipped';

-- migrate:down

-- PostgreSQL cannot take a value out of an enum. Unused it does no harm, and IF NOT EXISTS above lets
-- this migration run again.
