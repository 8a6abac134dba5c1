-- What succeeds and changes values all the same: the scale of a number in strict mode, and everything without that.
CREATE TABLE prices (id INT PRIMARY KEY AUTO_INCREMENT, amount DECIMAL(10,4), name VARCHAR(20), hits INT);
INSERT INTO prices (amount, name, hits) VALUES (1.2345, 'long enough', 70000), (2.3456, 'short', 5), (3, 'longer than ten', 1);
-- migration
ALTER TABLE prices MODIFY amount DECIMAL(10,2);
SET SESSION sql_mode = '';
ALTER TABLE prices MODIFY name VARCHAR(10), MODIFY hits SMALLINT;
-- verdict: fails
-- expect: values-changed error line 5 "Stores 2 values otherwise than given: truncated."
-- expect: values-changed error line 7 "Stores 3 values otherwise than given: out of range and truncated."
-- expect: narrow-type warning line 5 "prices.amount from decimal(10,4) to decimal(10,2)"
-- expect: narrow-type warning line 7 "prices.name from varchar(20) to varchar(10)"
-- expect: narrow-type warning line 7 "prices.hits from int"
-- never: "long enough"
