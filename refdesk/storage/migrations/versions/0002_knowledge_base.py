"""The knowledge base: entries, their earlier versions, the numbered log of changes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "kb_entry",
        sa.Column("library", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("short_answer", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("translation_of", sa.String),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("valid_until", sa.String),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("tags", sa.String, nullable=False),
        sa.Column("variants", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.Integer, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        sa.CheckConstraint("id <> ''", name="kb_entry_id"),
        sa.CheckConstraint("level BETWEEN 0 AND 5", name="kb_entry_level"),
        sa.CheckConstraint("kind IN ('faq', 'guide')", name="kb_entry_kind"),
        sa.CheckConstraint("state IN ('published', 'withdrawn')", name="kb_entry_state"),
        sa.CheckConstraint("version >= 1", name="kb_entry_version"),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until LIKE '____-__-__'",
            name="kb_entry_valid_until",
        ),
        # json_valid() counts as unsafe in a schema that is not trusted, which ours never is.
        sa.CheckConstraint(
            "substr(tags, 1, 1) = '[' AND substr(variants, 1, 1) = '['", name="kb_entry_lists"
        ),
    )
    op.create_index("kb_entry_by_change", "kb_entry", ["library", "change"], unique=True)
    op.create_index(
        "kb_entry_translations",
        "kb_entry",
        ["library", "translation_of"],
        sqlite_where=sa.text("translation_of IS NOT NULL"),
        postgresql_where=sa.text("translation_of IS NOT NULL"),
    )
    op.create_table(
        "kb_entry_version",
        sa.Column("library", sa.String, primary_key=True),
        sa.Column("entry", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("content", sa.String, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.CheckConstraint("state IN ('published', 'withdrawn')", name="kb_entry_version_state"),
        sa.CheckConstraint("substr(content, 1, 1) = '{'", name="kb_entry_version_content"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kb_change",
        sa.Column("library", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("entry", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.CheckConstraint("number >= 1", name="kb_change_number"),
        sa.CheckConstraint("kind IN ('added', 'changed', 'withdrawn')", name="kb_change_kind"),
        sqlite_with_rowid=False,
    )
