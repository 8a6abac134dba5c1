-- A row without a value that it must have.
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20) NOT NULL);
-- migration
INSERT IGNORE INTO users (id) VALUES (1);
INSERT INTO users (name) VALUES (NULL);
-- verdict: fails
-- sentence: "Fails: nulls-for-not-null-row.sql line 5 gives users.name no value, though it is NOT NULL."
-- expect: nulls-for-not-null error line 5 "Gives users.name no value, though it is NOT NULL."
