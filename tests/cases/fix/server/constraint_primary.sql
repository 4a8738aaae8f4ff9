-- rules: adding-primary-key
CREATE TABLE a (x int, "Y y" int NOT NULL, z text);
CREATE TABLE b (x int, y int);
INSERT INTO a SELECT i, i, 'z' FROM generate_series(1, 1000) i; INSERT INTO b SELECT i, i FROM generate_series(1, 1000) i;
----
ALTER TABLE a ADD PRIMARY KEY (x, "Y y") INCLUDE (z);
ALTER TABLE b ADD CONSTRAINT k PRIMARY KEY (x) DEFERRABLE;
