-- migrate:up

-- customers.name is to be called full_name. RENAME COLUMN would break every running application at
-- that moment. Instead both columns live side by side while the application is deployed: this is the
-- first half, 20260316090000 the second.
ALTER TABLE customers ADD COLUMN full_name text;

-- Whichever of the two an application writes, the other follows.
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
UPDATE customers SET full_name = name WHERE full_name IS NULL;

ALTER TABLE customers
    ADD CONSTRAINT customers_full_name_known CHECK (full_name IS NOT NULL) NOT VALID;
ALTER TABLE customers VALIDATE CONSTRAINT customers_full_name_known;
ALTER TABLE customers ALTER COLUMN full_name SET NOT NULL;
ALTER TABLE customers DROP CONSTRAINT customers_full_name_known;

-- migrate:down

DROP TRIGGER customers_sync_name ON customers;
DROP FUNCTION sync_customer_name();
ALTER TABLE customers DROP COLUMN full_name;
