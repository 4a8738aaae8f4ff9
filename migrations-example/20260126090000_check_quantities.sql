-- migrate:up

-- A CHECK is added like a foreign key: NOT VALID takes a moment, VALIDATE reads the table without
-- blocking anyone. In one statement, ADD CONSTRAINT would read it while everybody waits.
ALTER TABLE order_lines
    ADD CONSTRAINT order_lines_quantity_positive CHECK (quantity > 0) NOT VALID;

ALTER TABLE order_lines VALIDATE CONSTRAINT order_lines_quantity_positive;

-- migrate:down

ALTER TABLE order_lines DROP CONSTRAINT order_lines_quantity_positive;
