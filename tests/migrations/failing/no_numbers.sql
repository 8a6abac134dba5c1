-- expect: wrong values orders (n) - rows=2
CREATE TABLE orders (id INT, n VARCHAR(20));
INSERT INTO orders VALUES (1, '5'), (2, 'secret'), (3, '-1.5e3'), (4, ''), (5, NULL);
-- migration
ALTER TABLE orders MODIFY n INT;
