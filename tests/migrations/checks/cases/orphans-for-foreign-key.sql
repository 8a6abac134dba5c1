-- Children without a parent.
CREATE TABLE users (id INT PRIMARY KEY);
CREATE TABLE orders (id INT PRIMARY KEY, user_id INT);
INSERT INTO users VALUES (1), (2);
INSERT INTO orders VALUES (1, 1), (2, 7), (3, 8), (4, NULL);
-- migration
ALTER TABLE orders ADD CONSTRAINT fk_user FOREIGN KEY (user_id) REFERENCES users (id);
-- verdict: fails
-- sentence: "cannot add the foreign key fk_user on orders.user_id: 2 rows have no parent."
-- expect: orphans-for-foreign-key error line 7 "fk_user on orders.user_id: 2 rows have no parent."
-- query: "orders"
