"""The report into the channel: one file for each topic; start with `interface.py`, add topics in `topics.py`."""
