-- expect: duplicates users (token) token groups=1 rows=3
CREATE TABLE users (id INT);
INSERT INTO users VALUES (1), (2), (3);
-- migration
ALTER TABLE users ADD COLUMN token VARCHAR(20) NOT NULL DEFAULT '', ADD UNIQUE KEY (token);
