"""Write facts as JSON that a reviewer can read: in their own order, plain objects on few lines."""

from __future__ import annotations

import json
from collections.abc import Iterable

WIDTH = 100


def dumps(value: object) -> str:
    """Give the JSON text of facts, in their own order, with a line break at the end."""
    return _write(value, 0, 0) + "\n"


def _write(value: object, depth: int, column: int) -> str:
    """Write a value that starts at a column; depth counts the objects around it."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value:
        return flat
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if depth > 2 and column + len(flat) < WIDTH:
        return flat
    named = isinstance(value, dict)
    keys = [f"{json.dumps(key)}: " if named else "" for key in value]
    values = list(value.values()) if isinstance(value, dict) else value
    if depth > 2 and not any(isinstance(item, dict) for item in values):
        tokens = [t for k, v in zip(keys, values, strict=True) for t in _tokens(k, v)]
        return opening + _pack(tokens, depth + 1, column + 1) + closing
    space = " " * (depth + 1)
    lines = [
        space + key + _write(item, depth + 1, depth + 1 + len(key))
        for key, item in zip(keys, values, strict=True)
    ]
    return opening + "\n" + ",\n".join(lines) + "\n" + " " * depth + closing


def _tokens(key: str, value: object) -> list[str]:
    """Cut one item where a line may break: between the values of a list."""
    if not isinstance(value, list) or not value:
        return [key + json.dumps(value, ensure_ascii=False)]
    tokens = [json.dumps(item, ensure_ascii=False) for item in value]
    tokens[0] = f"{key}[{tokens[0]}"
    tokens[-1] += "]"
    return tokens


def _pack(tokens: Iterable[str], depth: int, column: int) -> str:
    """Fill lines with tokens; the first line starts at a column, the others at the depth."""
    lines: list[str] = []
    line = ""
    for token in tokens:
        if line and column + len(line) + len(token) > WIDTH - 4:
            lines.append(line)
            line, column = "", depth
        line += f", {token}" if line else token
    return (",\n" + " " * depth).join([*lines, line])
