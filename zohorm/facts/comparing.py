"""Tell what differs between two states of the facts, for who follows the vendor's documents."""

from __future__ import annotations

import json
from collections.abc import Iterator


def changes(before: object, after: object, path: str = "") -> Iterator[str]:
    """Give a line per difference: + what is new, - what is gone, ~ what has another value."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            below = f"{path}.{name}" if path else str(name)
            if name not in after:
                yield f"- {below}"
            elif name not in before:
                yield f"+ {below}"
            else:
                yield from changes(before[name], after[name], below)
    elif before != after:
        yield f"~ {path}: {json.dumps(before)} -> {json.dumps(after)}"
