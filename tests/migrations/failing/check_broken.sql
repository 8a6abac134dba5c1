-- expect: wrong values orders () positive rows=2
CREATE TABLE orders (id INT, n INT, state VARCHAR(9));
INSERT INTO orders VALUES (1, 5, 'a'), (2, -4711, 'a'), (3, NULL, 'x'), (4, 5, 'it''s');
-- migration
ALTER TABLE orders ADD CONSTRAINT positive CHECK (n > 0 AND state <> 'it''s');
