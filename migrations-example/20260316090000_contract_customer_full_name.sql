-- migrate:up

-- Run this when no application reads or writes customers.name any more. Trigger and column go in one
-- transaction: without the trigger nobody would fill the column, and with it nobody could do without.
DROP TRIGGER customers_sync_name ON customers;
DROP FUNCTION sync_customer_name();

-- migrate:allow ban-drop-column because every application has used full_name since 20260302090000
ALTER TABLE customers DROP COLUMN name;

-- migrate:down

-- Back to both columns, the way they came.
ALTER TABLE customers ADD COLUMN name text;

CREATE FUNCTION sync_customer_name() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        new.full_name := coalesce(new.full_name, new.name);
        new.name := coalesce(new.name, new.full_name);
    ELSIF new.name IS DISTINCT FROM old.name THEN
        new.full_name := new.name;
    ELSIF new.full_name IS DISTINCT FROM old.full_name THEN
        new.name := new.full_name;
    END IF;
    RETURN new;
END
$$;

CREATE TRIGGER customers_sync_name
    BEFORE INSERT OR UPDATE ON customers
    FOR EACH ROW EXECUTE FUNCTION sync_customer_name();

-- migrate:backfill
UPDATE customers SET name = full_name WHERE name IS NULL;

ALTER TABLE customers ADD CONSTRAINT customers_name_known CHECK (name IS NOT NULL) NOT VALID;
ALTER TABLE customers VALIDATE CONSTRAINT customers_name_known;
ALTER TABLE customers ALTER COLUMN name SET NOT NULL;
ALTER TABLE customers DROP CONSTRAINT customers_name_known;
