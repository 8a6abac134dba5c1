"""Run by Alembic, on the connection and in the transaction that `dbs.state.migrate` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
