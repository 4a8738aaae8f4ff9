-- migrate:up

-- ATTACH PARTITION must know that every row belongs there. It reads them all with the table locked,
-- unless a validated CHECK says the same. (It also wants the indexes of payments: the primary key of
-- payments_2025 is already like it.)
ALTER TABLE payments_2025
    ADD CONSTRAINT payments_2025_in_2025
    CHECK (paid_at >= '2025-01-01 00:00+00' AND paid_at < '2026-01-01 00:00+00') NOT VALID;

ALTER TABLE payments_2025 VALIDATE CONSTRAINT payments_2025_in_2025;

ALTER TABLE payments ATTACH PARTITION payments_2025
    FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2026-01-01 00:00+00');

-- From here on the partition's bounds say it.
ALTER TABLE payments_2025 DROP CONSTRAINT payments_2025_in_2025;

-- migrate:down

-- DETACH leaves a CHECK of the bounds behind, unless there is one already: with our own, we know its name.
ALTER TABLE payments_2025
    ADD CONSTRAINT payments_2025_in_2025
    CHECK (paid_at >= '2025-01-01 00:00+00' AND paid_at < '2026-01-01 00:00+00') NOT VALID;

ALTER TABLE payments_2025 VALIDATE CONSTRAINT payments_2025_in_2025;

ALTER TABLE payments DETACH PARTITION payments_2025 CONCURRENTLY;

ALTER TABLE payments_2025 DROP CONSTRAINT payments_2025_in_2025;
