"""Talking to MySQL and MariaDB servers: the only package that imports PyMySQL.

Start with `interface.py`, then `connect.py` (a connection), `query.py` (what to do with one), `names.py`
(identifiers in SQL) and `script.py` (a file of SQL taken apart into statements).
"""
