"""The command line: the same verbs as in Slack, and the programs that run everything."""
