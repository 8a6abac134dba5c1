-- expect: nulls - (mail) - -
CREATE TABLE users (id INT, mail VARCHAR(50) NOT NULL);
INSERT INTO users VALUES (1, 'secret');
-- migration
UPDATE users SET mail = NULL;
