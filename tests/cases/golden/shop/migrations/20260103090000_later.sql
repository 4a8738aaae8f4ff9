-- migrate:up
DO $$
BEGIN
    -- squawk-ignore ban-drop-table
    DROP TABLE a;
    EXECUTE 'DROP TABLE b';
END $$;
ALTER TABLE orders
    ADD COLUMN total bigint NOT NULL,
    ALTER note SET NOT NULL;
