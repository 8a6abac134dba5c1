-- Indexes that vanish or shrink with a column, which no statement says; one that is dropped by name is told as such.
CREATE TABLE orders (
    id INT PRIMARY KEY, a INT, b INT, c INT, d INT, KEY k_ab (a, b), KEY k_b (b), KEY k_d (d), KEY k_c (c)
);
-- migration
ALTER TABLE orders DROP COLUMN b;
ALTER TABLE orders DROP INDEX k_d, DROP COLUMN d;
-- verdict: passes with warnings
-- expect: drop-column warning line 6 "orders.b"
-- expect: drop-column warning line 7 "orders.d"
-- expect: column-drop-shrinks-index warning line 6 "Shrinks the index orders.k_ab silently from (a, b) to (a), with the column b."
-- expect: column-drop-shrinks-index warning line 6 "Drops the index orders.k_b (b) silently, with the column b."
-- expect: drop-index warning line 7 "Drops the index orders.k_d (d)."
