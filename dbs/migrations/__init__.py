"""Migrations of a project: its files in order, running them on a restored copy, and what that does to it.

`interface.py` is where reading starts.
"""
