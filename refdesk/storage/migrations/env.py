"""Alembic's entry to the migrations of the core and the knowledge base."""

from refdesk.storage.migration_run import run

run()
