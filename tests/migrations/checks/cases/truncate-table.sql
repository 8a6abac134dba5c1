-- A table is emptied; one that was empty, and one that the run made, are not told.
CREATE TABLE sessions (id INT PRIMARY KEY);
CREATE TABLE empty_one (id INT PRIMARY KEY);
INSERT INTO sessions VALUES (1), (2);
-- migration
TRUNCATE TABLE empty_one;
TRUNCATE sessions;
CREATE TABLE scratch (id INT PRIMARY KEY);
INSERT INTO scratch VALUES (1);
TRUNCATE TABLE scratch;
-- verdict: passes with warnings
-- expect: truncate-table warning line 7 "Empties the table sessions of 2 rows."
