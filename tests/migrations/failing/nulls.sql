-- expect: nulls orders (total) - rows=2
CREATE TABLE orders (id INT, total INT, note VARCHAR(10));
INSERT INTO orders VALUES (1, 1, NULL), (2, NULL, 'a'), (3, NULL, NULL);
-- migration
ALTER TABLE orders MODIFY total INT NOT NULL;
