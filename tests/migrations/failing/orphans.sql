-- expect: orphans orders (user_id) fk_user rows=3
CREATE TABLE users (id INT PRIMARY KEY);
CREATE TABLE orders (id INT PRIMARY KEY, user_id INT);
INSERT INTO users VALUES (1);
INSERT INTO orders VALUES (1, 1), (2, 4711), (3, 4711), (4, 4712), (5, NULL);
-- migration
ALTER TABLE orders
  ADD CONSTRAINT fk_user FOREIGN KEY (user_id) REFERENCES users (id);
