-- migrate:up

-- Everything here is new: nobody uses these tables yet, so nobody waits for their locks. Inside one
-- migration that creates a table, plain indexes and foreign keys are fine.

CREATE TYPE order_status AS ENUM ('new', 'paid', 'shipped', 'cancelled');

CREATE TABLE customers (
    customer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email       text NOT NULL,
    name        text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE products (
    product_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku         text NOT NULL CONSTRAINT products_sku_key UNIQUE,
    title       text NOT NULL,
    price_cents bigint NOT NULL
);

CREATE TABLE orders (
    order_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL CONSTRAINT orders_customer_id_fkey REFERENCES customers,
    status      order_status NOT NULL DEFAULT 'new',
    placed_at   timestamptz NOT NULL DEFAULT now()
);

-- A foreign key needs an index on its own side too: deleting a customer looks for their orders.
CREATE INDEX orders_customer_id_idx ON orders (customer_id);

CREATE TABLE order_lines (
    order_id    bigint NOT NULL CONSTRAINT order_lines_order_id_fkey REFERENCES orders,
    line_no     integer NOT NULL,
    product_id  bigint NOT NULL,
    quantity    integer NOT NULL,
    price_cents bigint NOT NULL,
    CONSTRAINT order_lines_pkey PRIMARY KEY (order_id, line_no)
);

-- Payments carry no foreign key: they are kept for the tax office when an order is long gone.
CREATE TABLE payments (
    reference    text NOT NULL,
    order_id     bigint NOT NULL,
    amount_cents bigint NOT NULL,
    paid_at      timestamptz NOT NULL,
    CONSTRAINT payments_pkey PRIMARY KEY (reference, paid_at)
) PARTITION BY RANGE (paid_at);

CREATE TABLE payments_2026 PARTITION OF payments
    FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2027-01-01 00:00+00');

-- What the old shop hands over: a table of its own for now, see 20260413090000.
CREATE TABLE payments_2025 (
    reference    text NOT NULL,
    order_id     bigint NOT NULL,
    amount_cents bigint NOT NULL,
    paid_at      timestamptz NOT NULL,
    CONSTRAINT payments_2025_pkey PRIMARY KEY (reference, paid_at)
);

-- Some life, so that the migrations behind this one have something to do.
INSERT INTO customers (email, name)
SELECT 'customer' || n || '@example.com', 'Customer ' || n
FROM generate_series(1, 2000) AS n;

INSERT INTO products (sku, title, price_cents)
SELECT 'SKU-' || lpad(n::text, 5, '0'), 'Product ' || n, 100 + n * 7 % 9900
FROM generate_series(1, 200) AS n;

INSERT INTO orders (customer_id, status, placed_at)
SELECT 1 + n % 2000,
       (ARRAY['new', 'paid', 'shipped', 'cancelled'])[1 + n % 4]::order_status,
       timestamptz '2025-01-01 00:00+00' + n * interval '1 hour'
FROM generate_series(1, 6000) AS n;

INSERT INTO order_lines (order_id, line_no, product_id, quantity, price_cents)
SELECT o.order_id, line_no, p.product_id, 1 + o.order_id % 3, p.price_cents
FROM orders AS o
CROSS JOIN generate_series(1, 2) AS line_no
JOIN products AS p ON p.product_id = 1 + (o.order_id * 13 + line_no) % 200;

INSERT INTO payments_2025 (reference, order_id, amount_cents, paid_at)
SELECT 'PAY-' || o.order_id, o.order_id, sum(l.quantity * l.price_cents), o.placed_at + interval '5 minutes'
FROM orders AS o
JOIN order_lines AS l ON l.order_id = o.order_id
WHERE o.status = 'paid'
GROUP BY o.order_id, o.placed_at;

-- migrate:down

DROP TABLE payments_2025;
DROP TABLE payments;
DROP TABLE order_lines;
DROP TABLE orders;
DROP TABLE products;
DROP TABLE customers;
DROP TYPE order_status;
