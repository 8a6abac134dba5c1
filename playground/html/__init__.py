"""Blocks as HTML: plain functions that build strings, every foreign word escaped. No script, no style inside."""
