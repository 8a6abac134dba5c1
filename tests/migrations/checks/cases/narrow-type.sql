-- Types that hold less, over values that all fit: only the types tell. What grows is not told.
CREATE TABLE items (
    id BIGINT PRIMARY KEY, size INT, name VARCHAR(50), price DECIMAL(10,4), made DATETIME(6), weight DOUBLE, grown INT,
    day DATETIME, code INT, text_of MEDIUMTEXT, plain TINYINT
);
-- migration
ALTER TABLE items MODIFY size SMALLINT, MODIFY name VARCHAR(20), MODIFY price DECIMAL(8,4), MODIFY made DATETIME;
ALTER TABLE items MODIFY weight FLOAT, MODIFY grown BIGINT, MODIFY day DATE, MODIFY code VARCHAR(5);
ALTER TABLE items MODIFY text_of TEXT, CHANGE plain simple INT UNSIGNED;
-- verdict: passes with warnings
-- expect: narrow-type warning line 7 "items.size from int"
-- expect: narrow-type warning line 7 "Narrows the column items.name from varchar(50) to varchar(20): it is shorter."
-- expect: narrow-type warning line 7 "items.price from decimal(10,4) to decimal(8,4): it holds fewer digits before the point"
-- expect: narrow-type warning line 7 "items.made from datetime(6) to datetime: it holds fewer parts of a second"
-- expect: narrow-type warning line 8 "items.weight from double to float: it is less exact"
-- expect: narrow-type warning line 8 "items.day from datetime to date: it holds no time of the day"
-- expect: narrow-type warning line 8 "items.code from int"
-- expect: narrow-type warning line 9 "items.text_of from mediumtext to text: it is shorter"
-- expect: narrow-type warning line 9 "items.plain from tinyint"
-- expect: rename-column warning line 9 "Renames the column items.plain to simple."
