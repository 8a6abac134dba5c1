-- Columns that every INSERT has to name; those with a default, and those of new tables, are not told.
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20), city VARCHAR(20) NOT NULL DEFAULT 'x', note INT NOT NULL);
INSERT INTO users (name, note) VALUES ('a', 1);
-- migration
ALTER TABLE users ADD COLUMN age INT NOT NULL;
ALTER TABLE users ADD COLUMN hits INT NOT NULL DEFAULT 0, ADD COLUMN nick VARCHAR(20);
ALTER TABLE users MODIFY name VARCHAR(20) NOT NULL COMMENT 'the DEFAULT one';
ALTER TABLE users ALTER COLUMN city DROP DEFAULT;
ALTER TABLE users MODIFY note BIGINT NOT NULL;
CREATE TABLE fresh (id INT PRIMARY KEY, note INT NOT NULL);
-- verdict: passes with warnings
-- expect: not-null-without-default warning line 5 "Adds the column users.age NOT NULL without a default."
-- expect: not-null-without-default warning line 7 "Makes the column users.name NOT NULL without a default."
-- expect: not-null-without-default warning line 8 "Makes the column users.city NOT NULL without a default."
