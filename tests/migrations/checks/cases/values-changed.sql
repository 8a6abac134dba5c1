-- Values that are too long for the new type, in strict mode: the statement fails.
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(100));
INSERT INTO users (name) VALUES ('short'), ('secret that is too long'), ('secret that is also too long');
-- migration
ALTER TABLE users MODIFY name VARCHAR(10);
-- verdict: fails
-- expect: values-changed error line 5 "Cannot change users.name: 2 values are too long."
-- never: "secret"
