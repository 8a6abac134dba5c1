-- expect: duplicates users (name) u groups=1 rows=2
CREATE TABLE users (id INT, name VARCHAR(50) COLLATE utf8mb4_bin, UNIQUE KEY u (name));
INSERT INTO users VALUES (1, 'Secret'), (2, 'secret'), (3, 'x');
-- migration
ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
