-- A parent is removed whose children stay.
CREATE TABLE users (id INT PRIMARY KEY);
CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, CONSTRAINT fk_user FOREIGN KEY (user_id) REFERENCES users (id));
INSERT INTO users VALUES (1);
INSERT INTO orders VALUES (1, 1);
-- migration
DELETE FROM users WHERE id = 1;
-- verdict: fails
-- expect: orphans-for-foreign-key error line 7 "Would leave rows of orders.user_id without a parent, against the foreign key fk_user."
