-- expect: wrong values users (name) - rows=1
CREATE TABLE users (id INT, name VARCHAR(20) CHARACTER SET utf8mb4);
INSERT INTO users VALUES (1, 'ä'), (2, 'secret☃'), (3, NULL);
-- migration
ALTER TABLE users MODIFY name VARCHAR(20) CHARACTER SET latin1;
