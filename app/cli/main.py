"""The console script ``barograph``: one group of commands per thing they work on."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import click

from app.cli.plain import Commands
from surveys.version import PROGRAM_VERSION


@dataclass(frozen=True)
class _Entry:
    """Where a command is defined, and what it is for."""

    module: str
    name: str
    summary: str


_COMMANDS = {
    "account": _Entry("app.cli.accounts", "account", "Staff accounts and their sign-in links."),
    "anchors": _Entry("app.cli.anchors", "anchors", "Anchors and weights of the pressure index: show, set, reset."),
    "ballot": _Entry("app.cli.ballots", "ballot", "Answer a survey without a browser, and check that it was counted."),
    "calendar": _Entry("app.cli.calendar_days", "calendar", "Holidays, freezes, reorganisations, dates of releases."),
    "calibrate": _Entry("app.cli.calibrate", "calibrate", "Simulate how often the statistics are right."),
    "comments": _Entry("app.cli.comments", "comments", "Comments: read, keep, remove and release them."),
    "connection": _Entry("app.cli.connections", "connection", "Tools that are asked for their plans each night."),
    "db": _Entry("app.cli.database", "database", "Upgrade, check, back up and restore the database."),
    "demo": _Entry("app.cli.demo", "demo", "Make a sample organisation with a year of waves and serve it."),
    "doctor": _Entry("app.cli.doctor", "doctor", "Check the installation, and say what there is with your size."),
    "export": _Entry("app.cli.exports", "export", "Write released figures for HR."),
    "findings": _Entry("app.cli.findings", "findings", "What the statistics find over all units of a release."),
    "history": _Entry("app.cli.history", "history", "Earlier results of other tools: import, show, remove."),
    "init": _Entry("app.cli.running", "init", "Make folders, keys and database where they are absent."),
    "instrument": _Entry("app.cli.instruments", "instrument", "Questionnaires."),
    "invite": _Entry("app.cli.invitations", "invite", "Invitations of single people."),
    "org": _Entry("app.cli.organisation", "organisation", "Teams and people."),
    "link": _Entry("app.cli.link", "link", "What links roadmap pressure and survey strain at a release."),
    "programme": _Entry("app.cli.programmes", "programme", "Standing surveys and what they decide."),
    "report": _Entry("app.cli.reports", "report", "Print leader reports as PDF."),
    "roadmap": _Entry("app.cli.roadmap", "roadmap", "Import roadmaps, show the pressure of a team."),
    "serve": _Entry("app.cli.running", "serve", "Serve the pages and run the jobs."),
    "token": _Entry("app.cli.tokens", "token", "Tokens with which programs read released figures."),
    "trustee": _Entry("app.cli.second_lock", "trustee", "The second lock, on the works council's own machine."),
    "wave": _Entry("app.cli.evidence", "wave", "Waves: plan, open, mail, close, release, show, audit, evidence."),
    "worker": _Entry("app.cli.running", "worker", "Run the jobs only."),
}


class _Barograph(Commands):
    """Loads a command's module when it is called: together they take seconds, one of them a fraction."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Return the names of all commands."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Return a command or None."""
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: object = getattr(importlib.import_module(entry.module), entry.name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """Write the list of commands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in sorted(_COMMANDS.items())])


@click.group(cls=_Barograph, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(PROGRAM_VERSION, prog_name="barograph")
def main() -> None:
    """Barograph: anonymous team pulse surveys, their trends, and the roadmap beside them.

    Settings are environment variables that begin with BAROGRAPH_; see docs/settings.md.
    """


if __name__ == "__main__":
    main()
