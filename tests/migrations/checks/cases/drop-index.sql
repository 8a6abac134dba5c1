-- Indexes go: alone, for a wider one, for one that is not unique. A renamed one, and one of two equals, are no loss.
CREATE TABLE orders (
    id INT PRIMARY KEY, email VARCHAR(50), status INT, number INT, place INT, city INT, KEY idx_email (email),
    KEY k_status (status), UNIQUE KEY u_number (number), KEY k_place (place), KEY k_city (city), KEY k_city_too (city)
);
-- migration
DROP INDEX idx_email ON orders;
ALTER TABLE orders DROP KEY k_status, ADD INDEX k_status_number (status, number);
ALTER TABLE orders DROP INDEX u_number, ADD INDEX k_number (number);
ALTER TABLE orders RENAME INDEX k_place TO idx_place, DROP INDEX k_city_too;
-- verdict: passes with warnings
-- sentence: "Passes with warnings: drop-index.sql line 7 drops the index orders.idx_email (email); 2 more warnings."
-- expect: drop-index warning line 7 "Drops the index orders.idx_email (email)."
-- expect: drop-index warning line 8 "orders.k_status (status); k_status_number (status, number) begins with the same"
-- expect: drop-index warning line 9 "Drops the unique index orders.u_number (number); k_number (number) serves the same"
