-- expect: syntax - () - -
CREATE TABLE orders (id INT);
-- migration
ALTER TABLE orders ADD COLUMN x INT NOT NUL;
