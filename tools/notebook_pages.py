"""A hook of MkDocs: a page for every notebook below docs/, from the outputs that it is stored with.

The notebook itself stays beside its page, to be downloaded. Nothing is executed: Geant4 and a training have
no place in a build of the documentation, and the tests execute the notebooks.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page and its pictures for every notebook."""
    from mkdocs.structure.files import File

    for notebook in [file for file in files if file.src_uri.endswith(".ipynb")]:
        place = PurePosixPath(notebook.src_uri)
        text, pictures = page(json.loads(notebook.content_string), place.stem)
        files.append(File.generated(config, str(place.with_suffix(".md")), content=text))
        for name, content in pictures.items():
            files.append(File.generated(config, str(place.with_name(name)), content=content))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    r"""Lead from a link to a notebook, as it works among the sources, to its page; but not from a download.

    Examples
    --------
    >>> on_page_markdown("[a notebook](tutorial/a.ipynb), [its file](a.ipynb){ download }")
    '[a notebook](tutorial/a.md), [its file](a.ipynb){ download }'
    """
    return re.sub(r"\]\(([^)\s]+)\.ipynb\)(?!\{)", r"](\1.md)", markdown)


def page(notebook: dict[str, Any], stem: str) -> tuple[str, dict[str, bytes]]:
    r"""Write a notebook as Markdown.

    Parameters
    ----------
    notebook
        The notebook, of format 4.
    stem
        The name of its file without the ending, by which pictures are called.

    Returns
    -------
    tuple
        The page, and its pictures by name.

    Examples
    --------
    >>> shown = {"output_type": "stream", "name": "stdout", "text": ["2\n"]}
    >>> cell = {"cell_type": "code", "source": ["print(1 + 1)"], "outputs": [shown]}
    >>> print(page({"cells": [cell]}, "sum")[0])
    ```python
    print(1 + 1)
    ```
    <BLANKLINE>
    ```text
    2
    ```
    <BLANKLINE>
    """
    parts: list[str] = []
    pictures: dict[str, bytes] = {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        for output in cell["outputs"]:
            data = output.get("data", {})
            if "image/png" in data:
                name = f"{stem}-{len(pictures) + 1}.png"
                pictures[name] = base64.b64decode(data["image/png"])
                parts.append(f"![What this shows is told above]({name})")
                continue
            text = "".join(output.get("text", data.get("text/plain", "")))
            if text:
                parts.append("```text\n" + text.rstrip("\n") + "\n```")
    download = f"\n\n[Download this page as a notebook]({stem}.ipynb){{ download }}\n"
    whole = "\n\n".join(parts) + "\n"
    # Below the heading.
    return re.sub(r"\A(# .*\n)", lambda heading: heading[1] + download, whole), pictures
