-- expect: duplicates users (number) PRIMARY groups=1 rows=3
CREATE TABLE users (number INT NOT NULL, x INT);
INSERT INTO users VALUES (7, 1), (7, 2), (7, 3), (8, 4);
-- migration
/* a new name, too */ ALTER TABLE users CHANGE number id INT NOT NULL, ADD PRIMARY KEY (id), RENAME TO people;
