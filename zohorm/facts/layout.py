"""Lay out generated code as ruff formats it, so that `ruff format` changes nothing.

A piece of code is a text, or a `Group`: a bracket with parts that may go onto lines of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

WIDTH = 100


@attrs.frozen
class Group:
    """A bracket and its parts: a call, a signature, a tuple or a mapping.

    Parts of a `literal` take a line each as soon as the whole does not fit; those of a call first
    try to stand on one line together.
    """

    opening: str
    parts: tuple[Part, ...]
    closing: str
    literal: bool = False

    def flat(self) -> str:
        """Give the code on one line."""
        inside = ", ".join(part.head + flat(part.code) for part in self.parts)
        lone = "," if self.opening == "(" and len(self.parts) == 1 else ""
        return f"{self.opening}{inside}{lone}{self.closing}"


Code = str | Group


@attrs.frozen
class Part:
    """One part of a group behind its head: `key=` or `"key": `."""

    head: str
    code: Code


def flat(code: Code) -> str:
    """Give code on one line."""
    return code if isinstance(code, str) else code.flat()


def call(head: str, *arguments: Code, **keywords: Code) -> Group:
    """Give a call, a class statement or a signature; the head ends before its bracket."""
    parts = [Part("", argument) for argument in arguments]
    parts += [Part(f"{name}=", argument) for name, argument in keywords.items()]
    return Group(f"{head}(", tuple(parts), ")")


def value(found: object) -> Code:
    """Give a value of the facts as code: a text in double quotes, a tuple, a mapping."""
    if isinstance(found, str):
        return text(found)
    if isinstance(found, Mapping):
        return mapping((str(key), value(item)) for key, item in found.items())
    if isinstance(found, Iterable):
        return Group("(", tuple(Part("", value(item)) for item in found), ")", literal=True)
    return repr(found)


def text(found: str) -> str:
    """Give a text in double quotes."""
    return '"' + found.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mapping(items: Iterable[tuple[str, Code]]) -> Group:
    """Give a mapping with texts as keys."""
    parts = tuple(Part(f"{text(key)}: ", code) for key, code in items)
    return Group("{", parts, "}", literal=True)


def lines(code: Code, indent: str = "", head: str = "", tail: str = "") -> list[str]:
    """Give the lines of code between a head and a tail."""
    line = f"{indent}{head}{flat(code)}{tail}"
    if len(line) <= WIDTH or isinstance(code, str) or not code.parts:
        return [line]
    inner = f"{indent}    "
    body = inner + ", ".join(part.head + flat(part.code) for part in code.parts)
    one_line = len(body) <= WIDTH and not (code.literal and len(code.parts) > 1)
    lone = "," if code.opening == "(" else ""
    found = [f"{indent}{head}{code.opening}"]
    if one_line:
        found.append(body + lone)
    else:
        # A mapping with a single part keeps no comma where its part needs several lines.
        for part in code.parts:
            found += lines(part.code, inner, part.head, ",")
    return [*found, f"{indent}{code.closing}{tail}"]


def imported(head: str, found: Sequence[str], indent: str = "") -> list[str]:
    """Give the lines of an import of some names; none of no names."""
    if not found:
        return []
    line = f"{indent}{head} {', '.join(found)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{indent}{head} (", *(f"{indent}    {name}," for name in found), f"{indent})"]
