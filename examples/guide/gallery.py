"""Write the gallery, examples/README.md, and the pictures in it: ``python examples/guide/gallery.py [NAME …]``.

Each example draws its own picture when it is run as a script; those named are drawn anew, and those that have none. An example
that writes several pictures has them side by side, in the order of writing. What it says of itself is the first line of
its docstring.
"""

from __future__ import annotations

import ast
import os
import runpy
import sys
import tempfile
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT, LARGEST = 1200, 800, 350_000  # of a kept picture: pixels, bytes

HEAD = """# Gallery

One physical story a file, under 60 lines each. Run one, `python examples/bent_ring.py`: it prints its error beside what is known,
and draws what is seen here into the folder that it is run in. The tests hold each to that error. This page is written by
`python examples/guide/gallery.py`.

More to read: [which metric, which method](guide/methods.md), [the same call for a marble and a film](guide/one_call.md),
[for users of Surface Evolver, FEniCS, PETSc, py-pde, scikit-fem](guide/peers.md), [for the classroom](guide/classroom.md).
"""


def examples() -> list[Path]:
    return sorted(FOLDER.glob("*.py"))


def page() -> str:
    """The gallery's text."""
    return HEAD + "".join(entry(path) for path in examples())


def entry(path: Path) -> str:
    """Title, first line of the docstring, picture."""
    said = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()
    title = path.stem.replace("_", " ").capitalize()
    return f"\n## [{title}]({path.name})\n\n{said[0]}\n\n![{title}]({path.stem}.png)\n"


def draw(path: Path) -> None:
    """Run an example as a script in an empty folder, and keep what it draws."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            runpy.run_path(str(path), run_name="__main__")
        finally:
            os.chdir(here)
        drawn = sorted(Path(folder).glob(f"{path.stem}*.png"), key=lambda file: file.stat().st_mtime_ns)
        if not drawn:
            raise SystemExit(f"{path.name} draws nothing: let it write {path.stem}.png when it is run as a script")
        keep(beside([Image.open(file).convert("RGB") for file in drawn]), path.with_suffix(".png"))


def beside(pictures: list[Image.Image]) -> Image.Image:
    """Pictures side by side, all as high as the highest, no larger than a page."""
    high = max(p.height for p in pictures)
    scaled = [p.resize((round(p.width * high / p.height), high), Image.Resampling.LANCZOS) for p in pictures]
    page = Image.new("RGB", (sum(p.width for p in scaled), high), "white")
    left = 0
    for p in scaled:
        page.paste(p, (left, 0))
        left += p.width
    page.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    return page


def keep(picture: Image.Image, path: Path) -> None:
    """Save a picture in all its colours, smaller until it is small enough."""
    picture = picture.convert("RGB")
    picture.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    while True:
        picture.save(path, optimize=True)
        if path.stat().st_size <= LARGEST:
            return
        picture = picture.resize((int(0.9 * picture.width), int(0.9 * picture.height)), Image.Resampling.LANCZOS)


def main(names: list[str]) -> None:
    unknown = set(names) - {path.stem for path in examples()}
    if unknown:
        raise SystemExit(f"no such example: {', '.join(sorted(unknown))}")
    for path in examples():
        if path.stem in names or not path.with_suffix(".png").exists():
            print(f"== {path.name}", flush=True)
            draw(path)
    (FOLDER / "README.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    import matplotlib as mpl

    mpl.use("Agg")
    main(sys.argv[1:])
