-- NULLs in a column that is to be NOT NULL.
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(100));
INSERT INTO users (email) VALUES ('a'), (NULL), (NULL), (NULL);
-- migration
ALTER TABLE users MODIFY email VARCHAR(100) NOT NULL;
-- verdict: fails
-- sentence: "Fails: nulls-for-not-null.sql line 5 cannot make users.email NOT NULL: it is NULL in 3 rows."
-- expect: nulls-for-not-null error line 5 "Cannot make users.email NOT NULL: it is NULL in 3 rows."
-- query: "IS NULL"
