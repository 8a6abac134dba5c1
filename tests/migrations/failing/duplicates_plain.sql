-- expect: duplicates users (mail) u groups=2 rows=5
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, mail VARCHAR(50));
INSERT INTO users (mail) VALUES ('secret1'), ('secret1'), ('secret1'), ('SECRET2'), ('secret2'), ('three'), (NULL), (NULL);
-- migration
ALTER TABLE users ADD UNIQUE KEY u (mail);
