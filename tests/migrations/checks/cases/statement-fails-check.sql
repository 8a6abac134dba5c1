-- Rows that a new CHECK does not let in: counted, and told as what it is.
CREATE TABLE parts (id INT PRIMARY KEY, size INT);
INSERT INTO parts VALUES (1, 5), (2, -7654321), (3, -7654322);
-- migration
ALTER TABLE parts ADD CONSTRAINT positive CHECK (size > 0);
-- verdict: fails
-- expect: statement-fails error line 5 "2 rows of parts break the check positive."
-- query: "parts"
-- never: "7654321"
