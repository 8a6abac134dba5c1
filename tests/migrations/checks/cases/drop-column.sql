-- Columns are dropped; a generated one holds nothing of its own, and one that the run itself made is not told.
CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(50), phone VARCHAR(20), upper_email VARCHAR(50) AS (UPPER(email)) VIRTUAL);
CREATE TABLE orders (id INT PRIMARY KEY, note TEXT);
INSERT INTO users (id) VALUES (1), (2);
-- migration
ALTER TABLE users ADD COLUMN scratch INT;
ALTER TABLE users DROP COLUMN scratch, DROP COLUMN upper_email;
ALTER TABLE users
    DROP COLUMN Phone;
SET @sql = (SELECT IF(COUNT(*) > 0, 'ALTER TABLE orders DROP COLUMN note', 'SELECT 1')
    FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'orders' AND column_name = 'note');
PREPARE prepared FROM @sql;
EXECUTE prepared;
DEALLOCATE PREPARE prepared;
-- verdict: passes with warnings
-- expect: drop-column warning line 8 "Drops the column users.phone, in a table of 2 rows."
-- expect: drop-column warning line 10 "Drops the column orders.note, in a table of 0 rows."
