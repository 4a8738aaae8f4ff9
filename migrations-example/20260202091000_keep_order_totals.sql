-- migrate:up

-- First the trigger, then the backfill: from here on no change of a line is missed.
CREATE FUNCTION refresh_order_total() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    changed bigint := CASE WHEN TG_OP = 'DELETE' THEN old.order_id ELSE new.order_id END;
BEGIN
    -- One at a time for each order, so that the sum below sees the lines of whoever came before.
    PERFORM 1 FROM orders WHERE order_id = changed FOR UPDATE;
    UPDATE orders
    SET total_cents = (SELECT coalesce(sum(quantity * price_cents), 0)
                       FROM order_lines WHERE order_id = changed)
    WHERE order_id = changed;
    RETURN NULL;
END
$$;

-- Locks out writers of order_lines for a moment; the old rows are not touched.
CREATE TRIGGER order_lines_refresh_total
    AFTER INSERT OR DELETE OR UPDATE OF quantity, price_cents ON order_lines
    FOR EACH ROW EXECUTE FUNCTION refresh_order_total();

-- migrate:down

DROP TRIGGER order_lines_refresh_total ON order_lines;
DROP FUNCTION refresh_order_total();
