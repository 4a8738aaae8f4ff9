-- rules: attach-partition-without-check
CREATE TABLE p (a int, at date) PARTITION BY RANGE (at);
CREATE TABLE l (a int NOT NULL) PARTITION BY LIST (a);
CREATE TABLE x (a int, at date); CREATE TABLE y (a int NOT NULL);
INSERT INTO x SELECT i, '2026-01-01'::date + i % 300 FROM generate_series(1, 1000) i;
INSERT INTO y SELECT 1 + i % 2 FROM generate_series(1, 1000) i;
----
ALTER TABLE p ATTACH PARTITION x FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE l ATTACH PARTITION y FOR VALUES IN (1, 2);
