-- migrate:up transaction:auto
-- migrate:allow rename-table because the old name has a view
CREATE TABLE app.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, total numeric(12, 2) NOT NULL DEFAULT 0.00, note text);
ALTER TABLE ONLY app.orders ADD COLUMN paid_at timestamptz, ADD CONSTRAINT total_ok CHECK (total >= 0) NOT VALID, DROP COLUMN note;
CREATE OR REPLACE FUNCTION app.f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 2 END; END;
DO $do$ BEGIN EXECUTE 'select 1;'; END $do$;
COPY app.orders (id) FROM STDIN;
1
2
\.
INSERT INTO app.orders VALUES ('{"a": [1, 2]}'::jsonb ->> 'a', :x, ${y}, a[1:2]) ON CONFLICT DO NOTHING;
-- migrate:down
DROP TABLE app.orders, "Other" CASCADE
