"""The steps of long work, one file per kind of job, and the table of all kinds."""
