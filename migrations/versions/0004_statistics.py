"""Findings of the statistics, released covariances, and earlier results of other survey tools."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_statistics"
down_revision = "0003_crowd_rule"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imported_source",
        sa.Column("name", sa.String(), nullable=False, comment="Name given in the map"),
        sa.Column("tool", sa.String(), nullable=False, comment="The survey or tool that measured, as named in the map"),
        sa.Column(
            "programme",
            sa.String(),
            nullable=True,
            comment="Programme that the results come before; empty where they stand by themselves",
        ),
        sa.Column("smallest_group", sa.Integer(), nullable=False, comment="Cells with fewer answers were refused"),
        sa.Column(
            "declared",
            sa.Text(),
            nullable=False,
            comment="What the map declares: cells without a number of answers, who vouches for them, and why",
        ),
        sa.Column("account", sa.Text(), nullable=False, comment="Numbers of units, waves, cells and refusals"),
        sa.Column("file_sha256", sa.String(), nullable=False, comment="Hash of the imported file"),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False, comment="When it was imported (UTC)"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_imported_source")),
    )
    op.create_table(
        "imported_measure",
        sa.Column("source", sa.String(), nullable=False, comment="Import"),
        sa.Column("measure", sa.String(), nullable=False, comment="Code of the measure in the map"),
        sa.Column("name", sa.String(), nullable=False, comment="Its name as shown"),
        sa.Column("kind", sa.String(), nullable=False, comment="mean or percent (percent of people who answered so)"),
        sa.Column("low", sa.Double(), nullable=False, comment="Lower end of its scale"),
        sa.Column("high", sa.Double(), nullable=False, comment="Upper end of its scale"),
        sa.Column("is_lower_better", sa.Boolean(), nullable=False, comment="Whether a lower value is the better one"),
        sa.Column(
            "scale",
            sa.String(),
            nullable=True,
            comment="Scale of our questionnaires that it stands nearest to; or none",
        ),
        sa.ForeignKeyConstraint(
            ["source"],
            ["imported_source.name"],
            name=op.f("fk_imported_measure_source_imported_source"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source", "measure", name=op.f("pk_imported_measure")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "imported_cell",
        sa.Column("source", sa.String(), nullable=False, comment="Import"),
        sa.Column("measure", sa.String(), nullable=False, comment="Code of the measure"),
        sa.Column("unit", sa.String(), nullable=False, comment="Unit as the file calls it"),
        sa.Column("wave_on", sa.Date(), nullable=False, comment="Day of the earlier wave"),
        sa.Column(
            "team", sa.String(), nullable=True, comment="Team key of ours that the map names for the unit; or none"
        ),
        sa.Column("value", sa.Double(), nullable=False, comment="Mean or percent, in the unit of the measure"),
        sa.Column("n", sa.Integer(), nullable=True, comment="Answers behind it; empty only where the map declares so"),
        sa.ForeignKeyConstraint(
            ["source"],
            ["imported_source.name"],
            name=op.f("fk_imported_cell_source_imported_source"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source", "measure", "unit", "wave_on", name=op.f("pk_imported_cell")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "released_covariance",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("measure", sa.String(), nullable=False, comment="First item"),
        sa.Column("other", sa.String(), nullable=False, comment="Second item"),
        sa.Column("n_low", sa.Integer(), nullable=False, comment="Lower end of the band of answers"),
        sa.Column(
            "covariance",
            sa.Double(),
            nullable=False,
            comment="Pooled within-crowd covariance of the installation, points squared, 2 decimals",
        ),
        sa.ForeignKeyConstraint(["wave"], ["release.wave"], name=op.f("fk_released_covariance_wave_release")),
        sa.PrimaryKeyConstraint("wave", "measure", "other", name=op.f("pk_released_covariance")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "analysis",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="When (UTC)"),
        sa.Column("method_version", sa.String(), nullable=False, comment="Version of the methods, see docs/methods.md"),
        sa.Column(
            "document",
            sa.Text(),
            nullable=False,
            comment="Settings and findings about the whole: covariance, alert threshold, reliability, drivers",
        ),
        sa.ForeignKeyConstraint(["wave"], ["release.wave"], name=op.f("fk_analysis_wave_release")),
        sa.PrimaryKeyConstraint("wave", name=op.f("pk_analysis")),
    )
    op.create_table(
        "finding",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("unit", sa.String(), nullable=False, comment="Unit key"),
        sa.Column("measure", sa.String(), nullable=False, comment="Scale"),
        sa.Column(
            "verdict", sa.String(), nullable=False, comment="Of the closed list, judged over all units and scales"
        ),
        sa.Column("alert", sa.String(), nullable=False, comment="lower, higher, quiet or too_early"),
        sa.Column(
            "document",
            sa.Text(),
            nullable=False,
            comment="Figures with their ranges: change, p, detectable change, alert, level against the whole",
        ),
        sa.ForeignKeyConstraint(["wave"], ["analysis.wave"], name=op.f("fk_finding_wave_analysis"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("wave", "unit", "measure", name=op.f("pk_finding")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("finding")
    op.drop_table("analysis")
    op.drop_table("released_covariance")
    op.drop_table("imported_cell")
    op.drop_table("imported_measure")
    op.drop_table("imported_source")
