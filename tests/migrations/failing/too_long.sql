-- expect: truncation users (name) - rows=2
CREATE TABLE users (id INT, name VARCHAR(50));
INSERT INTO users VALUES (1, 'ok'), (2, 'secret☃☃'), (3, 'secrets'), (4, '☃☃☃☃☃');
-- migration
ALTER TABLE users MODIFY name VARCHAR(5);
