-- Statements as tools send them, in one packet: the server finds the ends.
/* a block; with a semicolon */ # and a hash; too
CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(200) DEFAULT 'x;y', `end;` INT, b INT) COMMENT 'it''s; "q"';
INSERT INTO t (a) VALUES ('\';'), ("\";"), ('a''; b'), ("it's; --"), ('/* ; */'), ('#;');
INSERT INTO t (a, b) VALUES ('x', 5--3), ('y', 6-- ;
);
/*!40101 SET @saved = @@sql_mode */;
/*!40101 SET @semi = ';' */;
SET @x = IF(1 < 2, REPEAT('a', 3), CASE WHEN 1 THEN 'b;' ELSE 'c' END);
SELECT CASE 1 WHEN 1 THEN CASE 2 WHEN 2 THEN 'x' END ELSE 'y' END AS `case`, 2*/* no end; */3 AS `begin` INTO @a, @b;
BEGIN;
UPDATE t SET b = 1 WHERE id = 1;
COMMIT;
BEGIN WORK;
ROLLBACK;
START TRANSACTION;
COMMIT;
CREATE PROCEDURE p1 () SELECT 1;
CREATE PROCEDURE p2 (IN a INT, OUT b DECIMAL(10, 2)) COMMENT 'BEGIN;' DETERMINISTIC READS SQL DATA SQL SECURITY INVOKER
BEGIN
  DECLARE done, more INT DEFAULT CASE WHEN 1 THEN 2 ELSE 3 END;
  DECLARE c CURSOR FOR SELECT CASE WHEN id THEN 1 END FROM t FOR UPDATE;
  DECLARE CONTINUE HANDLER FOR NOT FOUND, SQLSTATE VALUE '23000', 1051 BEGIN SET done = 1; END;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION SET b = IF(done, 1, 2);
  IF (a > 1) THEN SET b = 1; ELSEIF a = 0 THEN BEGIN END; ELSE SET b = (SELECT IF(a, 1, 2)); END IF;
  CASE a WHEN 1 THEN SET b = 1; WHEN 2 THEN IF b THEN SET b = 2; END IF; ELSE BEGIN SET b = 3; END; END CASE;
  CASE WHEN a = 1 THEN SET b = CASE WHEN 1 THEN 2 END; ELSE SET b = 1; END CASE;
  outer_loop: LOOP
    SET done = done + 1;
    IF done > 3 THEN LEAVE outer_loop; END IF;
    REPEAT SET more = 1; UNTIL more = 1 END REPEAT;
    `w`: WHILE done < CASE WHEN a THEN 2 ELSE 1 END DO SET done = 10; END WHILE `w`;
    ITERATE outer_loop;
  END LOOP outer_loop;
  START TRANSACTION;
  DROP TABLE IF EXISTS t_gone;
  CREATE TABLE IF NOT EXISTS t_gone (`if` INT, `end` INT);
  UPDATE t_gone SET t_gone.end = 1, `if` = REPEAT('1', 2);
  COMMIT;
END;
CREATE DEFINER=CURRENT_USER() PROCEDURE p3 () lbl: BEGIN inner_: BEGIN LEAVE inner_; END inner_; END lbl;
CREATE FUNCTION f1 (x INT) RETURNS VARCHAR(10) CHARACTER SET utf8mb4 NO SQL RETURN CASE x WHEN 1 THEN 'a;' ELSE IF(x, 'b', 'c') END;
CREATE FUNCTION f2 (x INT) RETURNS SET('a', 'b') DETERMINISTIC IF x THEN RETURN 'a'; ELSE RETURN 'b'; END IF;
CREATE TRIGGER t1 BEFORE INSERT ON t FOR EACH ROW SET NEW.b = IF(NEW.b IS NULL, 0, NEW.b);
CREATE TRIGGER t2 BEFORE INSERT ON t FOR EACH ROW FOLLOWS t1 BEGIN IF NEW.b = 9 THEN SET NEW.b = 8; END IF; END;
CREATE /*!50017 DEFINER=CURRENT_USER */ /*!50003 TRIGGER t3 AFTER INSERT ON t FOR EACH ROW BEGIN SET @n = 1; SET @m = 2; END */;
CREATE EVENT e1 ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE DISABLE COMMENT 'DO BEGIN;' DO DELETE FROM t WHERE id < 0;
CREATE EVENT IF NOT EXISTS e2 ON SCHEDULE AT '2037-01-01 00:00:00' DISABLE DO BEGIN DELETE FROM t WHERE id < 0; SET @z = 1; END;
ALTER EVENT e1 DISABLE;
ALTER EVENT e2 DO BEGIN SET @z = 3; END;
CREATE VIEW v AS SELECT CASE WHEN id THEN 1 ELSE 2 END AS x FROM t;
CALL p3();
SET @sql = (SELECT IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()) > 0,
  'ALTER TABLE t ADD COLUMN z INT', 'SELECT 1'));
PREPARE alterIfNotExists FROM @sql;
EXECUTE alterIfNotExists;
DEALLOCATE PREPARE alterIfNotExists;
REPLACE INTO t (id, a) VALUES (1, 'ä;ö☃');
DROP TRIGGER t1;
XA BEGIN 'x';
XA END 'x';
XA ROLLBACK 'x';
CREATE TRIGGER t4 BEFORE UPDATE ON t FOR EACH ROW
IF NEW.a IS NULL THEN SET NEW.a = 'n;'; ELSE IF NEW.b = 1 THEN SET NEW.b = 2; END /* of it */ IF; END IF;
create trigger t5 after update on t for each row here: begin leave here; end here;
CREATE EVENT e3 ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01' + INTERVAL 1 HOUR DISABLE DO IF 1 THEN CALL p3(); END IF;
CREATE ALGORITHM=MERGE /*!50013 DEFINER=CURRENT_USER SQL SECURITY DEFINER */ /*!50001 VIEW v2 AS SELECT IF(id, 1, 2) FROM t */;
SELECT /*!99999 'skipped; by all', */ 1 INTO @skipped;
create procedure p4 () modifies sql data language sql not deterministic
begin
  declare lost condition for sqlstate '23000';
  declare continue handler for lost, 1146 rollback;
  declare exit handler for not found if 1 then set @x := case when 1 then 2 end; end if;
  while 0 do do sleep(0); end while;
  insert into t (id) values (1) on duplicate key update b = if(b, 1, case b when 1 then 2 else 3 end);
  select t.end from (select 1 as `end`) t where t.end in (1, 2);
  select b as loops, repeat('x', 2) as `loop` from t limit 1;
  if exists(select 1 from t) then begin end; end if;
end;
DROP PROCEDURE p1; DROP PROCEDURE p2; DROP FUNCTION f1
