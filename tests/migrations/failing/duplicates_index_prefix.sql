-- expect: duplicates users (a, b) u groups=1 rows=2
CREATE TABLE users (id INT, a VARCHAR(50), b INT);
INSERT INTO users VALUES (1, 'secret-one', 1), (2, 'secret-two', 1), (3, 'secret-two', 2), (4, 'other', 1);
-- migration
CREATE UNIQUE INDEX u ON users (a(6), b);
