-- migrate:up

-- First the index that the foreign key needs: without it every change of a product reads all lines.
CREATE INDEX CONCURRENTLY order_lines_product_id_idx ON order_lines (product_id);

-- NOT VALID: holds for new rows at once, and does not look at the old ones. Both tables are locked
-- against writes, but only for a moment.
ALTER TABLE order_lines
    ADD CONSTRAINT order_lines_product_id_fkey FOREIGN KEY (product_id) REFERENCES products NOT VALID;

-- Now the old rows are read, in a step of its own; reads and writes go on meanwhile.
ALTER TABLE order_lines VALIDATE CONSTRAINT order_lines_product_id_fkey;

-- migrate:down

ALTER TABLE order_lines DROP CONSTRAINT order_lines_product_id_fkey;
DROP INDEX CONCURRENTLY order_lines_product_id_idx;
