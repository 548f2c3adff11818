"""HTML for the page at `/`: one template, tables, links. Whatever is no `Html` is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from string import Template
from urllib.parse import urlencode

from zohorm.sandbox.reply import Reply

# The page needs no script, and loads nothing.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}
_SHORT = 24
_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title - zohorm sandbox</title>
<link rel="icon" href="data:,">
<style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 90rem;
  padding: 0 1rem 3rem; color: #1c2733; background: #fff }
nav { padding: .8rem 0; border-bottom: 1px solid #cdd5de }
nav a { margin-right: 1.2rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
a { color: #0b5cad } p { max-width: 60rem }
.wide { overflow-x: auto }
table { border-collapse: collapse }
th, td { text-align: left; vertical-align: top; padding: .25rem .7rem .25rem 0;
  border-bottom: 1px solid #e3e8ee; max-width: 26rem; overflow-wrap: break-word }
th { white-space: nowrap; color: #4b5c6e; font-weight: 600 }
pre { background: #f4f6f8; padding: .8rem; overflow-x: auto }
td.short { white-space: nowrap }
.changed { font-weight: 600 }
</style>
</head>
<body>
<nav><a href="/">Sandbox</a><a href="/?view=calls">Calls</a><a href="/?view=tokens">Tokens</a>\
<a href="/?view=mails">Mails</a><a href="/?view=switches">Switches</a></nav>
<main>
<h1>$title</h1>
$body
</main>
</body>
</html>
""")


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def escaped(value: object) -> Html:
    """Return a value as HTML."""
    return value if isinstance(value, Html) else Html(html.escape(str(value)))


def page(title: str, *parts: Html, status: int = 200) -> Reply:
    """Return an answer with a whole page."""
    text = _PAGE.substitute(title=escaped(title), body="\n".join(parts))
    content = text.encode("utf-8", "replace")
    return Reply(status, content, _HEADERS, content_type="text/html;charset=UTF-8")


def heading(text: str) -> Html:
    """Return the heading of a part of the page."""
    return Html(f"<h2>{escaped(text)}</h2>")


def paragraph(*parts: object) -> Html:
    """Return a paragraph of texts and links."""
    return Html(f"<p>{''.join(escaped(part) for part in parts)}</p>")


def preformatted(text: str) -> Html:
    """Return text that keeps its lines."""
    return Html(f"<pre>{escaped(text)}</pre>")


def emphasized(text: object) -> Html:
    """Return text that stands out."""
    return Html(f'<span class="changed">{escaped(text)}</span>')


def link(text: object, **query: object) -> Html:
    """Return a link to another view of the page."""
    return Html(f'<a href="/?{escaped(urlencode(query))}">{escaped(text)}</a>')


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> Html:
    """Return a table; wide ones scroll."""
    names = "".join(f"<th>{escaped(name)}</th>" for name in head)
    body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return Html(f'<div class="wide"><table>\n<tr>{names}</tr>\n{body}\n</table></div>')


def _cell(value: object) -> str:
    # Days and numbers stay on one line.
    kind = ' class="short"' if len(str(value)) <= _SHORT else ""
    return f"<td{kind}>{escaped(value)}</td>"


def pages(number: int, *, size: int, total: int, **query: object) -> Html:
    """Return which part of a long table is shown, with links to its neighbours and ends."""
    last = max(1, -(-total // size))
    first_row, last_row = min(total, (number - 1) * size + 1), min(total, number * size)
    shown = [f"{first_row:,} to {last_row:,} of {total:,} "]
    steps = (("first", 1), ("newer", number - 1), ("older", number + 1), ("last", last))
    for text, target in steps:
        if 1 <= target <= last and target != number:
            shown += [link(text, **query, page=target), " "]
    return paragraph(*shown)
