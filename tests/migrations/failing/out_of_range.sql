-- expect: out of range orders (n) - rows=2
CREATE TABLE orders (id INT, n BIGINT);
INSERT INTO orders VALUES (1, 5), (2, 40000), (3, -40000), (4, NULL);
-- migration
ALTER TABLE orders MODIFY n SMALLINT;
