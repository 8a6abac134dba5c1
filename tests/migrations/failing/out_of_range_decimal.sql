-- expect: out of range orders (n) - rows=1
CREATE TABLE orders (id INT, n DECIMAL(12, 2));
INSERT INTO orders VALUES (1, 99.99), (2, 100), (3, NULL);
-- migration
ALTER TABLE orders MODIFY n DECIMAL(4, 2);
