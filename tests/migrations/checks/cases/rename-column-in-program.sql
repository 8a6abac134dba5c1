-- What a procedure and a prepared text did is seen all the same, and told at the line where it is written.
CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(20), mail VARCHAR(20), old_note TEXT);
CREATE TABLE logs (id INT PRIMARY KEY);
-- migration
CREATE PROCEDURE change_users()
BEGIN
    IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name = 'name') THEN
        ALTER TABLE users RENAME COLUMN name TO full_name;
        DROP TABLE logs;
    END IF;
    IF 1 = 0 THEN
        ALTER TABLE users RENAME COLUMN old_note TO note;
    END IF;
END;
CALL change_users();
DROP PROCEDURE change_users;
SET @sql = IF(1, 'ALTER TABLE users CHANGE mail email VARCHAR(20)', 'SELECT 1');
PREPARE prepared FROM @sql;
EXECUTE prepared;
-- verdict: passes with warnings
-- expect: rename-column warning line 5 "Renames the column users.name to full_name."
-- expect: rename-column warning line 17 "Renames the column users.mail to email."
-- expect: drop-table warning line 5 "Drops the table logs with 0 rows."
