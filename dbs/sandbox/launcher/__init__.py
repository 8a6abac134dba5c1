"""The process between dbs and a sandbox: it sets the sandbox up from outside, relays to the database, and cleans up.

A process of its own, because it gives rights away step by step and enters namespaces, which threads of dbs must not.
It stays outside: what it relays and measures is not in the reach of what runs inside. It ends when its input ends, so
that nothing is left when dbs is killed; and what is inside ends when it is killed itself.
"""
