-- rules: attach-scans-default-partition
CREATE TABLE p (a int, at date) PARTITION BY RANGE (at);
CREATE TABLE rest PARTITION OF p DEFAULT;
INSERT INTO p SELECT i, NULL FROM generate_series(1, 1000) i;
----
CREATE TABLE x (a int, at date);
ALTER TABLE p ATTACH PARTITION x FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
