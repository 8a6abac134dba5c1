-- What every project does every week: nothing to say.
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20), KEY k_name (name)) COMMENT 'DROP TABLE users';
CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, user_id INT, note VARCHAR(20));
INSERT INTO users (name) SELECT CONCAT('u', a.i, b.i) FROM (SELECT 100 + ROW_NUMBER() OVER () AS i FROM
    information_schema.columns LIMIT 40) a, (SELECT 100 + ROW_NUMBER() OVER () AS i FROM information_schema.columns LIMIT 30) b;
INSERT INTO orders (user_id, note) SELECT id, 'x' FROM users;
-- migration
ALTER TABLE users ADD COLUMN state VARCHAR(20) NOT NULL DEFAULT 'new', ADD INDEX k_state (state);
ALTER TABLE users MODIFY name VARCHAR(60);
ALTER TABLE orders ADD CONSTRAINT fk_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
UPDATE users SET state = 'old' WHERE id < 100;
CREATE TABLE notes (id INT PRIMARY KEY AUTO_INCREMENT, text TEXT NOT NULL);
INSERT INTO notes (text) VALUES ('DROP TABLE users; TRUNCATE TABLE orders');
CREATE OR REPLACE VIEW old_users AS SELECT id, name FROM users WHERE state = 'old';
ALTER TABLE users ADD UNIQUE KEY u_name (name), COMMENT 'RENAME COLUMN name TO x';
-- verdict: passes
-- sentence: "Passes: 1 file, 8 statements in "
-- sentence: "on 1,200 rows."
