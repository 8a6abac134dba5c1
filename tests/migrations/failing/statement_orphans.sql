-- expect: orphans orders (user_id) fk -
CREATE TABLE users (id INT PRIMARY KEY);
CREATE TABLE orders (id INT, user_id INT, CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users (id));
INSERT INTO users VALUES (4711);
INSERT INTO orders VALUES (1, 4711);
-- migration
DELETE FROM users WHERE id = 4711;
