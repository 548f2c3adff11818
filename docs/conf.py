"""How Sphinx builds the documentation: `tox -e docs`."""

import tomllib
from pathlib import Path

_project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]

project = "zohorm"
author = copyright = "zohorm contributors"
release = version = _project["version"]

extensions = ["myst_parser"]
# Headings get anchors, so that pages can link to a section.
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "zohorm"
