"""Alembic's entry to the migrations of the faq plugin."""

from refdesk.storage.migration_run import run

run()
