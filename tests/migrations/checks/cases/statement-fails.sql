-- A syntax error after a statement that succeeded.
CREATE TABLE users (id INT PRIMARY KEY);
-- migration
CREATE TABLE notes (id INT PRIMARY KEY);

ALTER TABLE users ADD COLUMN note TEXT NOT;
CREATE TABLE never_made (id INT PRIMARY KEY);
-- verdict: fails
-- sentence: "Fails: statement-fails.sql line 6 fails with error 1064"
-- expect: statement-fails error line 6 "error 1064"
