-- A row that is there already: the same error, and another advice.
CREATE TABLE settings (name VARCHAR(20) PRIMARY KEY, value VARCHAR(20));
INSERT INTO settings VALUES ('secret', 'x');
-- migration
INSERT INTO settings VALUES ('secret', 'y');
-- verdict: fails
-- expect: duplicates-for-unique error line 5 "Writes what the key PRIMARY of settings may hold only once, and holds already."
-- never: "secret"
