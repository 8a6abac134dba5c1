"""Verbs: each file is one word that people type. A verb parses, plans, and runs or queues."""
