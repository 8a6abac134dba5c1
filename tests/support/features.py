"""SQL that one of the servers does not know."""

# One use of each feature, as mariadb-dump or mysqldump writes it.
USES = {
    "the collations utf8mb4_0900_*": "CREATE TABLE `t` (`a` varchar(10)) DEFAULT CHARSET=utf8mb4 "
    "COLLATE=utf8mb4_0900_ai_ci",
    "the collations *uca1400_*": "CREATE TABLE `t` (`a` varchar(10)) DEFAULT CHARSET=utf8mb4 "
    "COLLATE=utf8mb4_uca1400_ai_ci",
    "the collations *_nopad_*": "CREATE TABLE `t` (`a` varchar(10) COLLATE utf8mb4_general_nopad_ci)",
    "sequences": "CREATE SEQUENCE `t` start with 1",
    "system-versioned tables": "CREATE TABLE `t` (`a` int) WITH SYSTEM VERSIONING",
    "periods": "CREATE TABLE `t` (`s` date NOT NULL, `e` date NOT NULL, PERIOD FOR `p` (`s`, `e`))",
    "the types UUID, INET4 and INET6": "CREATE TABLE `t` (`a` inet6 DEFAULT NULL)",
    "MariaDB's own storage engines": "CREATE TABLE `t` (`a` int) ENGINE=Aria",
    "the options PAGE_CHECKSUM and PAGE_COMPRESSED": "CREATE TABLE `t` (`a` int) PAGE_CHECKSUM=1",
    "ignored indexes": "CREATE TABLE `t` (`a` int, KEY `f` (`a`) IGNORED)",
    "defaults that are functions": "CREATE TABLE `t` (`a` date DEFAULT curdate())",
    "defaults of TEXT and BLOB": "CREATE TABLE `t` (`a` text DEFAULT 'x')",
    "indexes on expressions": "CREATE TABLE `t` (`a` int, KEY `f` ((`a` + 1)))",
    "the table option COMPRESSION": "CREATE TABLE `t` (`a` int) ENGINE=InnoDB COMPRESSION='zlib'",
    "the type VECTOR": "CREATE TABLE `t` (`a` vector(3) DEFAULT NULL)",
    "JSON columns, which become texts": "CREATE TABLE `t` (`a` json DEFAULT NULL)",
    "invisible columns and indexes": "CREATE TABLE `t` (`a` int, `b` int /*!80023 INVISIBLE */)",
    "reference systems of columns (SRID)": "CREATE TABLE `t` (`a` point NOT NULL /*!80003 SRID 4326 */)",
    "checks that are not enforced": "CREATE TABLE `t` (`a` int, CHECK ((`a` > 1)) /*!80016 NOT ENFORCED */)",
    "compressed columns": "CREATE TABLE `t` (`a` text /*M!100301 COMPRESSED*/)",
}
