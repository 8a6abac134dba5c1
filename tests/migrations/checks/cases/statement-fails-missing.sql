-- A table that production does not have.
-- migration
ALTER TABLE payments ADD COLUMN note VARCHAR(20);
-- verdict: fails
-- expect: statement-fails error line 3 "error 1146"
