"""Turns a mapping of units to parents into a tree that answers who lies under whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


class Tree:
    """Units with one root. Units are opaque keys; every order that matters is by depth and then by key."""

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        """Raise ValueError where there is not exactly one root, a parent is unknown or the units form a cycle."""
        roots = [key for key, parent in parents.items() if parent is None]
        if len(roots) != 1:
            raise ValueError(f"a tree has one root, this has {len(roots)}")
        self.root = roots[0]
        self.parents: dict[str, str | None] = dict(parents)
        self.children: dict[str, list[str]] = {key: [] for key in sorted(parents)}
        for key in self.children:
            parent = parents[key]
            if parent is not None:
                if parent not in self.children:
                    raise ValueError(f"unit {key} has an unknown parent")
                self.children[parent].append(key)
        self.depth = {self.root: 0}
        order = [self.root]
        for key in order:  # grows while it is read: level by level
            for child in self.children[key]:
                self.depth[child] = self.depth[key] + 1
                order.append(child)
        if len(order) != len(parents):
            raise ValueError("the units form a cycle")
        self.top_down = tuple(order)

    def is_leaf(self, key: str) -> bool:
        """Say whether no unit lies under ``key``."""
        return not self.children[key]

    def upwards(self, key: str) -> Iterator[str]:
        """Yield ``key``, its parent and so on to the root."""
        current: str | None = key
        while current is not None:
            yield current
            current = self.parents[current]

    def common(self, keys: Iterable[str]) -> str:
        """Return the lowest unit that has all of ``keys`` (at least one) in its subtree, itself included."""
        rest = iter(keys)
        found = next(rest)
        for key in rest:
            found = self._meet(found, key)
        return found

    def _meet(self, one: str, other: str) -> str:
        while one != other:
            if self.depth[one] >= self.depth[other]:
                one = self.parents[one] or self.root
            else:
                other = self.parents[other] or self.root
        return one

    def covers(self, upper: str, lower: str) -> bool:
        """Say whether ``lower`` lies in the subtree of ``upper``, itself included."""
        current: str | None = lower
        while current is not None and self.depth[current] > self.depth[upper]:
            current = self.parents[current]
        return current == upper
