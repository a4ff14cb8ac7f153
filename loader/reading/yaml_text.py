"""YAML in which a key that occurs twice is an error; YAML's own rule is that the last one wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Hashable


class UniqueKeyLoader(yaml.SafeLoader):
    """A SafeLoader that refuses repeated keys."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        """The table of a node, each key once."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                reason = f"the key '{name}' occurs twice"
                raise yaml.constructor.ConstructorError(None, None, reason, key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)
