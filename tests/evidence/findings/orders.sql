-- What each server must be said to do, and what must not be left out. After `touch` everything that is found, in any
-- order: its kind, its name, and `blocks` or `perhaps`.
CREATE TABLE users (
    id INT PRIMARY KEY AUTO_INCREMENT,
    email VARCHAR(100),
    UNIQUE KEY u_email (email)
);
CREATE TABLE orders (
    id INT PRIMARY KEY AUTO_INCREMENT,
    user_id INT,
    status VARCHAR(20),
    amount INT,
    note TEXT,
    twice INT AS (amount * 2) STORED,
    KEY k_user (user_id),
    KEY k_status (status),
    KEY k_status_again (status),
    KEY k_status_amount (status, amount),
    KEY k_status_id (status, id),
    KEY k_prefix (note(10)),
    UNIQUE KEY u_user_amount_status (status, user_id),
    FULLTEXT KEY f_note (note),
    CONSTRAINT positive CHECK (amount > 0),
    CONSTRAINT sane CHECK (amount < CHAR_LENGTH(status)),
    CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE TABLE notes (order_id INT, body TEXT, KEY k_order (order_id, body(5)), KEY k_other (order_id),
    CONSTRAINT notes_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE);
CREATE TABLE `or``der.s` (id INT, `sta``tus` INT, KEY `k``odd` (`sta``tus`));
CREATE VIEW v_status AS SELECT o.id, o.status FROM orders o WHERE o.status <> 'orders.`amount`';
CREATE VIEW v_hint AS SELECT id FROM orders FORCE INDEX (k_user) WHERE user_id = 1;
CREATE VIEW v_over AS SELECT * FROM v_status;
CREATE VIEW v_users AS SELECT email AS status FROM users;
CREATE TRIGGER t_orders BEFORE INSERT ON orders FOR EACH ROW SET NEW.status = 'new';
CREATE TRIGGER t_notes AFTER INSERT ON notes FOR EACH ROW UPDATE orders SET amount = 1 /* status */ WHERE id = 0;
CREATE PROCEDURE p_dynamic() EXECUTE IMMEDIATE 'SELECT status FROM orders';
CREATE PROCEDURE p_hint() SELECT id FROM orders USE INDEX (k_status) WHERE orderstatus = 1;
CREATE PROCEDURE p_other() SELECT statuses, my_orders FROM elsewhere;
CREATE EVENT e_clean ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM orders WHERE status = 'old';

-- touch index orders.k_user
--   foreign key orders_user blocks
--   view v_hint
-- touch index orders.k_status
--   index k_status_again
--   index k_status_amount
--   index k_status_id
--   index u_user_amount_status
--   routine p_hint perhaps
-- touch index orders.k_status_id
--   index k_status
--   index k_status_again
-- touch index orders.k_status_amount
--   index k_status
--   index k_status_again
-- touch index orders.k_prefix
-- touch index orders.f_note
-- touch index orders.u_user_amount_status
--   index k_status
--   index k_status_again
-- touch index orders.PRIMARY
--   foreign key notes_order blocks
--   auto increment id blocks
-- touch index notes.k_other
--   foreign key notes_order
--   index k_order
-- touch index notes.k_order
--   foreign key notes_order
--   index k_other
-- touch index or`der.s.k`odd
-- touch column orders.status
--   index k_status
--   index k_status_again
--   index k_status_amount
--   index k_status_id
--   index u_user_amount_status blocks
--   check sane blocks
--   view v_status
--   view v_over
--   trigger t_orders perhaps
--   routine p_dynamic perhaps
--   event e_clean perhaps
-- touch column orders.amount
--   index k_status_amount
--   generated column twice blocks
--   check positive
--   check sane blocks
--   trigger t_notes perhaps
-- touch column orders.user_id
--   foreign key orders_user blocks
--   index k_user
--   index u_user_amount_status blocks
--   view v_hint
-- touch column users.email
--   index u_email blocks
--   view v_users
-- touch table orders
--   foreign key notes_order blocks
--   foreign key orders_user
--   view v_status
--   view v_hint
--   view v_over
--   trigger t_orders
--   trigger t_notes perhaps
--   routine p_dynamic perhaps
--   routine p_hint perhaps
--   event e_clean perhaps
