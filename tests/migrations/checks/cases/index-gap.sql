-- An index is away between two statements. In one statement, or the new one first, there is no gap.
CREATE TABLE orders (
    id INT PRIMARY KEY, a INT, b INT, c INT, d INT, KEY k_a (a), KEY k_b (b), KEY k_c (c), KEY k_d (d)
);
-- migration
DROP INDEX k_a ON orders;
ALTER TABLE orders ADD INDEX k_a (a);
ALTER TABLE orders DROP INDEX k_b, ADD INDEX k_b (b);
CREATE INDEX k_c_too ON orders (c);
ALTER TABLE orders DROP INDEX k_c;
ALTER TABLE orders DROP INDEX k_d;
ALTER TABLE orders ADD INDEX k_d_a (d, a);
-- verdict: passes with warnings
-- expect: index-gap warning line 6 "Drops the index orders.k_a, which a later statement makes again"
-- expect: index-gap warning line 11 "Drops the index orders.k_d, which a later statement makes again"
-- expect: drop-index warning line 11 "orders.k_d (d); k_d_a (d, a) begins with the same columns"
