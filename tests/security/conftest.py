"""A project to harm: the one that the command line is tested with."""

from tests.cli.conftest import command, project, watched

__all__ = ["command", "project", "watched"]
