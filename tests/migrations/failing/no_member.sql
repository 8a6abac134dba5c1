-- expect: wrong values orders (state) - rows=1
CREATE TABLE orders (id INT, state VARCHAR(20));
INSERT INTO orders VALUES (1, 'new'), (2, 'secret'), (3, NULL), (4, 'paid');
-- migration
ALTER TABLE orders MODIFY state ENUM('new', 'paid');
