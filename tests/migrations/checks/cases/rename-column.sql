-- Columns get another name and keep their values; drop and add is a loss, and another case of letters is nothing.
CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(20), mail VARCHAR(50), nick VARCHAR(20), a INT, b INT, KEY k_mail (mail));
INSERT INTO users (id, nick) VALUES (1, 'x');
-- migration
ALTER TABLE users CHANGE name full_name VARCHAR(20);
ALTER TABLE users RENAME COLUMN mail TO email, CHANGE id ID INT;
ALTER TABLE users DROP COLUMN nick, ADD COLUMN nickname VARCHAR(20);
ALTER TABLE users RENAME COLUMN a TO c, RENAME COLUMN b TO a;
ALTER TABLE users RENAME COLUMN c TO b;
-- verdict: passes with warnings
-- expect: rename-column warning line 5 "Renames the column users.name to full_name."
-- expect: rename-column warning line 6 "Renames the column users.mail to email."
-- expect: drop-column warning line 7 "Drops the column users.nick, in a table of 1 row."
-- expect: rename-column warning line 8 "Renames the column users.b to a."
-- expect: rename-column warning line 8 "Renames the column users.a to b."
