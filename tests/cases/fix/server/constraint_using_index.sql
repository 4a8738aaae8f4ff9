-- rules: primary-key-using-nullable-index
CREATE TABLE a (x int, y int);
INSERT INTO a SELECT i, i FROM generate_series(1, 1000) i;
CREATE UNIQUE INDEX k ON a (x, y);
----
ALTER TABLE a ADD CONSTRAINT k PRIMARY KEY USING INDEX k;
