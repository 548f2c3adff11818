"""The pages of docs/products say what the facts say."""

from __future__ import annotations

from pathlib import Path

import pytest

from zohorm.facts import coverage, load, pages, products
from zohorm.facts.__main__ import main

PAGES = pages.render()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_committed_page_is_what_the_facts_say(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == PAGES[path]


def test_no_page_is_left_over() -> None:
    assert pages.stale() == []


@pytest.mark.parametrize("product", products())
def test_a_page_shows_every_resource_with_its_calls_and_scopes(product: str) -> None:
    text = PAGES[pages.DOCS / f"{product}.md"]

    for name, facts in load(product)["resources"].items():
        assert f"\n## {name}\n" in text
        for call in (*facts["operations"].values(), *facts["actions"].values()):
            assert f"| `{call['method']} {call['path']}` | `{call['scope']}` |" in text


def test_the_index_counts_what_is_reached() -> None:
    text = PAGES[pages.DOCS / "index.md"]

    for product in products():
        found = coverage.coverage(product)
        assert f"| {len(found)} | {sum(each.is_reached for each in found)} |" in text


def test_the_command_writes_pages_and_tells_stale_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "old.md").write_text("", encoding="utf-8")
    words = ["--into", str(tmp_path), "--pages", str(folder), "--product", "expense"]

    before = main(["render", "--check", *words])
    told = capsys.readouterr().out
    main(["render", *words])
    after = main(["render", "--check", *words])

    assert (before, after) == (1, 0)
    assert "stale: expense.md" in told
    assert not (folder / "old.md").exists()
