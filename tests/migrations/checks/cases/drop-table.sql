-- Tables of production are dropped; one that the run itself made is not told.
CREATE TABLE old_users (id INT PRIMARY KEY);
CREATE TABLE kept (id INT PRIMARY KEY);
CREATE TABLE remade (id INT PRIMARY KEY, note VARCHAR(20));
INSERT INTO old_users VALUES (1), (2), (3);
INSERT INTO remade (id) VALUES (1), (2);
-- migration
CREATE TABLE scratch (id INT PRIMARY KEY);
DROP TABLE scratch;
DROP TABLE IF EXISTS old_users, never_there;
DROP TABLE remade;
CREATE TABLE remade (id INT PRIMARY KEY, note VARCHAR(20));
ALTER TABLE kept ENGINE=InnoDB;
-- verdict: passes with warnings
-- sentence: "Passes with warnings: drop-table.sql line 10 drops the table old_users with 3 rows; 1 more warning."
-- expect: drop-table warning line 10 "Drops the table old_users with 3 rows."
-- expect: drop-table warning line 11 "Drops the table remade with 2 rows; another one takes its name, with 0 rows."
