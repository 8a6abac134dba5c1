-- The old index is gone when the new one fails: both are told, and the failure comes first.
CREATE TABLE orders (id INT PRIMARY KEY, email VARCHAR(50), KEY idx_email (email));
INSERT INTO orders VALUES (1, 'secret'), (2, 'secret');
-- migration
ALTER TABLE orders DROP INDEX idx_email;
ALTER TABLE orders ADD UNIQUE KEY u_email (email);
-- verdict: fails
-- sentence: "Fails: drop-index-then-fail.sql line 6 cannot make orders.email unique: 1 value occurs 2 times."
-- expect: duplicates-for-unique error line 6 "orders.email"
-- expect: drop-index warning line 5 "orders.idx_email"
-- never: "secret"
