"""What is looked for in a rehearsal that has ended: one file for each check, listed in `table.py`.

`interface.py` is where reading starts.
"""
