-- expect: duplicates - () u -
CREATE TABLE users (id INT, mail VARCHAR(50), UNIQUE KEY u (mail));
INSERT INTO users VALUES (1, 'secret'), (2, 'b');
-- migration
UPDATE users SET mail = 'secret';
