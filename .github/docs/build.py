"""Build the site of the documentation: `tox -e docs`, which installs what is required.

The pages are the README, the guides of litecon/docs, and a reference made of the docstrings. The kernels have no source
that the generator could parse, so the package is imported, on the pure side, which has annotations.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / "build" / "docs"
PAGES = TARGET / "pages"

# by page: its title, and what is on it
REFERENCE = {
    "connections": ("Connections", ("Request", "WebSocket", "ASGIConnection", "Limits")),
    "values": ("Values", ("URL", "Address", "Headers", "Accept", "State", "MultiDict")),
    "forms": ("Forms", ("FormMultiDict", "UploadFile", "forms.Part")),
    "exceptions": ("Exceptions", ("exceptions",)),
    "serialization": ("JSON and MessagePack", ("serialization",)),
    "routing": ("Routes", ("routing.RouteTable",)),
    "starlette": ("Starlette and FastAPI", ("starlette.request_of", "starlette.websocket_of")),
    "testing": (
        "Testing",
        (
            "testing.RequestFactory",
            "testing.WebSocketFactory",
            "testing.Client",
            "testing.ClientSocket",
            "testing.Response",
            "testing.HandshakeRefused",
            "testing.http_scope",
            "testing.websocket_scope",
            "testing.receiver",
            "testing.Sender",
        ),
    ),
}

# by what the site's own switch says, and not the browser
SCHEMES = ("light", "dark")
PICTURES = [ROOT / "benchmarks" / "results" / f"speed-{scheme}.svg" for scheme in SCHEMES]
CHART = "\n".join(f"![Instructions of each task](speed-{scheme}.svg#only-{scheme})" for scheme in SCHEMES)

# the docstring of each exception says its status
OPTIONS = {"exceptions": '\n    options: {filters: ["!^_", "!^(status_code|code|default_detail)$"]}'}


def first_page() -> str:
    """Return the README, whose links lead to the pages of the guides; what is no page is named and not linked."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("](litecon/docs/", "](")
    text = re.sub(r"\[([^\]]+)\]\((?!https?:|#|[a-z]+\.md)[^)]+\)", r"\1", text)
    return re.sub(r"<picture>.*?</picture>", CHART, text, flags=re.DOTALL)


def lay_out() -> None:
    shutil.rmtree(TARGET, ignore_errors=True)
    shutil.copytree(ROOT / "litecon" / "docs", PAGES)
    shutil.copy(Path(__file__).with_name("mkdocs.yml"), TARGET)
    for file in (Path(__file__).with_name("site.css"), *PICTURES):
        shutil.copy(file, PAGES)
    (PAGES / "index.md").write_text(first_page(), encoding="utf-8")
    (PAGES / "reference").mkdir()
    for name, (title, members) in REFERENCE.items():
        page = "\n\n".join([f"# {title}", *(f"::: litecon.{member}{OPTIONS.get(member, '')}" for member in members)])
        (PAGES / "reference" / f"{name}.md").write_text(f"{page}\n", encoding="utf-8")


def main() -> int:
    lay_out()
    environment = {**os.environ, "LITECON_PURE_PYTHON": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    return subprocess.run(command, cwd=TARGET, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
