"""Topics, segments and comments inside the ballot, their release, and keys for the interface of programs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_crowd_rule"
down_revision = "0002_sealed_ballots"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comment",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("unit", sa.String(), nullable=False, comment="Lowest unit with enough answers and comments"),
        sa.Column(
            "place",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="Place in the alphabetical order of the texts, from 1",
        ),
        sa.Column("text", sa.String(), nullable=False, comment="What was written, at most 400 characters"),
        sa.Column("decision", sa.String(), nullable=False, comment="kept or removed by the redactor; empty before"),
        sa.CheckConstraint("decision IN ('', 'kept', 'removed')", name=op.f("ck_comment_decision")),
        sa.PrimaryKeyConstraint("wave", "unit", "place", name=op.f("pk_comment")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "segment_count",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("unit", sa.String(), nullable=False, comment="Unit whose crowds the table divides"),
        sa.Column("segment", sa.String(), nullable=False, comment="Code of the segment question"),
        sa.Column("cell", sa.String(), nullable=False, comment="Option numbers with dashes between; 0 is no answer"),
        sa.Column("options", sa.Text(), nullable=False, comment="The option numbers; 0 is no answer"),
        sa.Column("ballots", sa.Integer(), nullable=False, comment="Ballots of the cell; at least k"),
        sa.CheckConstraint("ballots >= 5", name=op.f("ck_segment_count_floor")),
        sa.PrimaryKeyConstraint("wave", "unit", "segment", "cell", name=op.f("pk_segment_count")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "segment_total",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("unit", sa.String(), nullable=False, comment="Unit whose crowds the table divides"),
        sa.Column("segment", sa.String(), nullable=False, comment="Code of the segment question"),
        sa.Column("cell", sa.String(), nullable=False, comment="Option numbers with dashes between; 0 is no answer"),
        sa.Column("measure", sa.String(), nullable=False, comment="Code of an item or scale"),
        sa.Column("n", sa.Integer(), nullable=False, comment="Answers behind the sum"),
        sa.Column("total", sa.Double(), nullable=False, comment="Sum of keyed scores, scale points"),
        sa.Column("favourable", sa.Integer(), nullable=False, comment="How many scored in the favourable range"),
        sa.CheckConstraint("n >= 5", name=op.f("ck_segment_total_floor")),
        sa.PrimaryKeyConstraint("wave", "unit", "segment", "cell", "measure", name=op.f("pk_segment_total")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "topic_total",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("crowd", sa.String(), nullable=False, comment="Final crowd"),
        sa.Column("topic", sa.String(), nullable=False, comment="Code of the topic"),
        sa.Column("n", sa.Integer(), nullable=False, comment="Ballots of the crowd"),
        sa.Column("ticked", sa.Integer(), nullable=False, comment="How many of them ticked it"),
        sa.CheckConstraint("n >= 5", name=op.f("ck_topic_total_floor")),
        sa.PrimaryKeyConstraint("wave", "crowd", "topic", name=op.f("pk_topic_total")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(), nullable=False, comment="Random identifier, shown in lists"),
        sa.Column("token_hash", sa.String(), nullable=False, comment="SHA-256 of the secret, hex"),
        sa.Column("account_id", sa.String(), nullable=False, comment="In whose name it reads"),
        sa.Column("name", sa.String(), nullable=False, comment="What it is for, in the words of who made it"),
        sa.Column("scopes", sa.Text(), nullable=False, comment="What it may read"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="When it was made (UTC)"),
        sa.Column(
            "expires_at", sa.DateTime(timezone=True), nullable=False, comment="After this instant it is refused (UTC)"
        ),
        sa.Column(
            "revoked_at", sa.DateTime(timezone=True), nullable=True, comment="When it was revoked; empty before (UTC)"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_token_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_account_id"), "api_token", ["account_id"], unique=False)

    op.create_table(
        "released_comment",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("unit", sa.String(), nullable=False, comment="Unit it is shown at"),
        sa.Column(
            "place",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="Place in the alphabetical order of the texts, from 1",
        ),
        sa.Column("text", sa.String(), nullable=False, comment="What was written"),
        sa.ForeignKeyConstraint(["wave"], ["release.wave"], name=op.f("fk_released_comment_wave_release")),
        sa.PrimaryKeyConstraint("wave", "unit", "place", name=op.f("pk_released_comment")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "released_segment",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("unit", sa.String(), nullable=False, comment="Unit whose crowds the table divides"),
        sa.Column("segment", sa.String(), nullable=False, comment="Code of the segment question"),
        sa.Column("cell", sa.String(), nullable=False, comment="Option numbers with dashes between; 0 is no answer"),
        sa.Column("options", sa.Text(), nullable=False, comment="The option numbers; 0 is no answer"),
        sa.Column("n_low", sa.Integer(), nullable=False, comment="Lower end of the band of answers"),
        sa.Column("n_high", sa.Integer(), nullable=False, comment="Upper end of the band of answers"),
        sa.ForeignKeyConstraint(["wave"], ["release.wave"], name=op.f("fk_released_segment_wave_release")),
        sa.PrimaryKeyConstraint("wave", "unit", "segment", "cell", name=op.f("pk_released_segment")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "released_segment_cell",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("unit", sa.String(), nullable=False, comment="Unit whose crowds the table divides"),
        sa.Column("segment", sa.String(), nullable=False, comment="Code of the segment question"),
        sa.Column("cell", sa.String(), nullable=False, comment="Option numbers with dashes between; 0 is no answer"),
        sa.Column("measure", sa.String(), nullable=False, comment="Item or scale"),
        sa.Column("figure", sa.Text(), nullable=False, comment="Protected value or reason, as released"),
        sa.ForeignKeyConstraint(["wave"], ["release.wave"], name=op.f("fk_released_segment_cell_wave_release")),
        sa.PrimaryKeyConstraint("wave", "unit", "segment", "cell", "measure", name=op.f("pk_released_segment_cell")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "released_topic",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("crowd", sa.String(), nullable=False, comment="Final crowd"),
        sa.Column("topic", sa.String(), nullable=False, comment="Code of the topic"),
        sa.Column("low", sa.Double(), nullable=False, comment="Lower end of the band, a share from 0 to 1"),
        sa.Column("high", sa.Double(), nullable=False, comment="Upper end of the band, a share from 0 to 1"),
        sa.ForeignKeyConstraint(["wave"], ["release.wave"], name=op.f("fk_released_topic_wave_release")),
        sa.PrimaryKeyConstraint("wave", "crowd", "topic", name=op.f("pk_released_topic")),
        sqlite_with_rowid=False,
    )
    op.add_column(
        "ledger_entry",
        sa.Column(
            "detail",
            sa.Text(),
            nullable=True,
            comment="Which cells: waves, units, measures, and the policy version; empty in rows of old",
        ),
    )

    op.add_column(
        "programme",
        sa.Column(
            "segments",
            sa.Text(),
            nullable=False,
            server_default="[]",
            comment="Segment questions with their options, asked inside the ballot",
        ),
    )
    op.add_column(
        "programme",
        sa.Column(
            "has_comments",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="Whether people may write a comment",
        ),
    )
    op.add_column(
        "programme",
        sa.Column(
            "is_strict",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="Whether means are clipped so that two people could have said otherwise, not one",
        ),
    )

    op.add_column(
        "wave",
        sa.Column(
            "is_strict",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="Whether means are clipped by 6/n instead of 3/n",
        ),
    )
    op.add_column(
        "wave",
        sa.Column(
            "comments_due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Until when the redactor may decide on comments (UTC); empty where there are none",
        ),
    )
    op.add_column(
        "wave",
        sa.Column(
            "comments_released_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the comments were released, once and for all (UTC)",
        ),
    )


def downgrade() -> None:
    # Plain statements: in batch mode SQLite would drop and remake tables that others refer to.
    op.drop_column("wave", "comments_released_at")
    op.drop_column("wave", "comments_due_at")
    op.drop_column("wave", "is_strict")
    op.drop_column("programme", "is_strict")
    op.drop_column("programme", "has_comments")
    op.drop_column("programme", "segments")
    op.drop_column("ledger_entry", "detail")
    op.drop_table("released_topic")
    op.drop_table("released_segment_cell")
    op.drop_table("released_segment")
    op.drop_table("released_comment")
    op.drop_table("api_token")
    op.drop_table("topic_total")
    op.drop_table("segment_total")
    op.drop_table("segment_count")
    op.drop_table("comment")
