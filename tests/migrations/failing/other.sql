-- expect: other - () - -
CREATE TABLE orders (id INT);
-- migration
ALTER TABLE orders DROP COLUMN gone;
