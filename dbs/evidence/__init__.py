"""What a reviewer has to know before an index, a column or a table is dropped: what depends on it, and who uses it.

Start with `interface.py`. Everything here only reads, over a connection that is given. What could not be seen is
said; it never counts as "nothing there".
"""
