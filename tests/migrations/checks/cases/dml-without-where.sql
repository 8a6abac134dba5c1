-- Every row is changed or deleted. What changed nothing, has a condition, or is about a new table or a tool's book, is not told.
CREATE TABLE users (id INT PRIMARY KEY, state INT, note VARCHAR(20));
CREATE TABLE logs (id INT PRIMARY KEY);
CREATE TABLE empty_one (id INT PRIMARY KEY);
CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, dirty INT);
INSERT INTO schema_migrations VALUES (7, 0);
INSERT INTO users VALUES (1, 1, 'x'), (2, 1, NULL), (3, 2, 'y');
INSERT INTO logs VALUES (1), (2);
-- migration
UPDATE users SET state = (SELECT 5 WHERE 1 = 1);
UPDATE users SET state = 6 WHERE id > 1;
DELETE FROM logs WHERE 1 = 1;
DELETE FROM empty_one;
CREATE TABLE scratch (id INT PRIMARY KEY);
INSERT INTO scratch VALUES (1), (2);
DELETE FROM scratch;
DELETE FROM schema_migrations;
-- verdict: passes with warnings
-- expect: dml-without-where warning line 10 "Changes every row of users: 3 rows."
-- expect: dml-without-where warning line 12 "Deletes every row of logs: 2 rows."
