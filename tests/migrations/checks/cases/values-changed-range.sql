-- Numbers beyond the range of the new type.
CREATE TABLE parts (id INT PRIMARY KEY AUTO_INCREMENT, number INT);
INSERT INTO parts (number) VALUES (1), (7654321), (8765432), (-32768);
-- migration
ALTER TABLE parts MODIFY number SMALLINT;
-- verdict: fails
-- expect: values-changed error line 5 "Cannot change parts.number: 2 values are out of range."
-- never: "7654321"
