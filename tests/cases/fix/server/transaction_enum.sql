-- rules: enum-value-used-in-transaction
CREATE TYPE mood AS ENUM ('sad');
CREATE TABLE people (id bigint PRIMARY KEY, mood mood);
INSERT INTO people SELECT i, 'sad' FROM generate_series(1, 100) i;
----
-- migrate:up transaction:true
ALTER TYPE mood ADD VALUE 'glad';
INSERT INTO people VALUES (101, 'glad');
