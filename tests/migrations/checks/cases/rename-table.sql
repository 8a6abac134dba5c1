-- Tables get another name: by RENAME, by ALTER with a rebuild, and by a swap with a copy, and behind a view.
CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(20));
CREATE TABLE orders (id INT PRIMARY KEY, note VARCHAR(20), KEY k_note (note));
CREATE TABLE persons (id INT PRIMARY KEY);
CREATE TABLE items (id INT PRIMARY KEY, size INT);
INSERT INTO users (id) VALUES (1), (2);
-- migration
RENAME TABLE orders TO purchases;
ALTER TABLE items MODIFY size BIGINT, RENAME TO articles;
CREATE TABLE users_new LIKE users;
INSERT INTO users_new SELECT * FROM users;
RENAME TABLE users TO users_old, users_new TO users;
RENAME TABLE persons TO people;
CREATE VIEW persons AS SELECT id FROM people;
-- verdict: passes with warnings
-- expect: rename-table warning line 8 "Renames the table orders to purchases."
-- expect: rename-table warning line 9 "Renames the table items to articles."
-- expect: rename-table warning line 12 "Renames the table users to users_old; another one takes its name."
-- expect: rename-table warning line 13 "Renames the table persons to people; a view takes its name."
