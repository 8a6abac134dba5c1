"""Sources: production databases, read gently and never written to."""
