-- For the mysql program: it knows DELIMITER, and sends what stands between them.
CREATE TABLE t (id INT, a VARCHAR(20));
DELIMITER $$
CREATE PROCEDURE p1() BEGIN SELECT 1; END $$
CREATE TABLE u (id INT); CREATE TABLE w (id INT) $$
CREATE TRIGGER t1 BEFORE INSERT ON t FOR EACH ROW
BEGIN
  -- $ is no end; nor is ;
  SET NEW.a = 'a$b;';
END$$

DELIMITER ;
INSERT INTO t VALUES (1, 'x;');
delimiter //
CREATE FUNCTION f1(x INT) RETURNS INT DETERMINISTIC
BEGIN
  IF x / 2 > 1 THEN RETURN 1; END IF;
  RETURN 2;
END
//
delimiter ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER t2 AFTER INSERT ON t FOR EACH ROW BEGIN
  SET @n = 1;
  SET @m = ';;';
END */;;
DELIMITER ;
/*!50003 SET @done = 1 */ ;
CALL p1();
