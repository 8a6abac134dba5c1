-- The primary key changes and its columns stay unique: no loss. An index of another name is one.
CREATE TABLE tags (name VARCHAR(20) PRIMARY KEY, `order` INT, KEY `weird ``name` (`order`));
-- migration
ALTER TABLE tags DROP PRIMARY KEY, ADD COLUMN id INT AUTO_INCREMENT PRIMARY KEY, ADD UNIQUE KEY (name);
ALTER TABLE `tags` DROP KEY `weird ``name`;
-- verdict: passes with warnings
-- expect: drop-index warning line 5 "tags.weird `name (order)"
