"""The fixtures of the web application for these tests."""

from tests.integration.web.world import client, make_world, mode, released, served, settings, world

__all__ = ["client", "make_world", "mode", "released", "served", "settings", "world"]
