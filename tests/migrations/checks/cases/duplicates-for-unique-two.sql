-- A unique index over two columns, by CREATE INDEX.
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(100), tenant INT NOT NULL DEFAULT 1);
INSERT INTO users (email, tenant) VALUES ('secret', 1), ('secret', 1), ('secret', 2);
-- migration
CREATE UNIQUE INDEX u_both ON users (tenant, email);
-- verdict: fails
-- expect: duplicates-for-unique error line 5 "Cannot make users (tenant, email) unique: 1 value occurs 2 times."
-- never: "secret"
