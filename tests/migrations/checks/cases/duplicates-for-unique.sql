-- A unique index over duplicates: the run fails, with counts and the query, and without a value.
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(100), tenant INT NOT NULL DEFAULT 1);
INSERT INTO users (email) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25)
    SELECT CONCAT('secret', i % 10, '@example.com') FROM n;
INSERT INTO users (email) VALUES ('once@example.com'), (NULL), (NULL);
-- migration
ALTER TABLE users ADD COLUMN note VARCHAR(20);
ALTER TABLE users
    ADD UNIQUE KEY u_email (email);
-- verdict: fails
-- sentence: "Fails: duplicates-for-unique.sql line 8 cannot make users.email unique: 10 values occur 25 times."
-- expect: duplicates-for-unique error line 8 "Cannot make users.email unique: 10 values occur 25 times."
-- query: "GROUP BY"
-- never: "secret"
