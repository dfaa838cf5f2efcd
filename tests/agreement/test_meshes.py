"""The wires that ship as files: each is read, holds a film, is what meshes/README.md says, and is small."""

import re
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

import geoflow as gf

FOLDER = Path(__file__).parents[2] / "meshes"
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file() and path.name != "README.md")
ROWS = {}
for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines():
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    if cells[0].startswith("`"):
        ROWS[cells[0].strip("`")] = cells[1:]


def test_the_list_is_the_folder():
    assert sorted(ROWS) == FILES
    assert len(FILES) >= 12


@pytest.mark.parametrize("name", FILES)
def test_every_wire_is_small_and_holds_a_film(name):
    what, origin, licence, least, size = ROWS[name]
    assert what and origin and licence
    assert (FOLDER / name).stat().st_size < 60_000
    assert round((FOLDER / name).stat().st_size / 1000) == int(re.fullmatch(r"(\d+) kB", size)[1])
    film = gf.soap_film(gf.Wire.read(FOLDER / name), int(least or 33), lambda x, y: 0.3 * np.sin(5.0 * x) * np.sin(4.0 * y))
    run = gf.relax(film.flow, film.start)
    assert run.status == "at rest"
    assert run.energy[-1] < 0.999 * run.energy[0]
    if least:
        with pytest.raises(gf.BadInput, match="larger n"):
            gf.soap_film(film.wire, int(least) - 32)


def crown(x, y):
    return np.where(np.hypot(x, y) < 0.7, 0.3, 0.15 * np.arcsin(np.sin(8.0 * np.arctan2(y, x))))


def trefoil(x, y):
    return 0.35 * np.sin(3.0 * np.arctan2(y, x))


FORMULAS = {
    "saddle.csv": lambda x, y: x * x - y * y,
    "ring.csv": lambda x, y: x * y,
    "potato-chip.csv": lambda x, y: 0.6 * (x * x - y * y) / 1.3,
    "viviani.csv": lambda x, y: np.sqrt(np.maximum(4.0 - x * x - y * y, 0.0)),
    "star-wave.csv": lambda x, y: np.hypot(x, y) - 1.0,
    "trefoil.ply": trefoil,
    "crown.csv": crown,
    "catenoid-rings.obj": lambda x, y: np.arccosh(np.hypot(x, y)),
    "horse.csv": lambda x, y: 0.15 * np.sin(4.0 * x) * np.cos(3.0 * y),
    "coins.csv": lambda x, y: 0.1 * np.sin(8.0 * x) * np.cos(8.0 * y),
    "lake.csv": lambda x, y: 0.32 + 0.0 * x,
    "summit.csv": lambda x, y: 0.88 + 0.0 * x,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_heights_are_the_formulas(name):
    points = np.concatenate(gf.Wire.read(FOLDER / "wires" / name).curves)
    tolerance = 2e-5 if name == "viviani.csv" else 2e-8  # ten digits are written, and a root near 0 halves them
    np.testing.assert_allclose(points[:, 2], FORMULAS[name](points[:, 0], points[:, 1]), rtol=0, atol=tolerance)


def test_rings_stand_as_the_list_says():
    for name, bend, turn, shift in (("upright-ring.csv", 0.4, None, 1.0), ("tilted-ring.obj", 0.3, (75, 10, 30), 1.0)):
        wire = gf.Wire.read(FOLDER / "wires" / name)
        points = wire.curves[0] - (0.0, 0.0, shift)
        if turn is not None:
            points = points @ Rotation.from_euler("xyz", turn, degrees=True).as_matrix()
        x, y, z = points.T if turn is not None else points[:, [0, 2, 1]].T
        np.testing.assert_allclose(np.hypot(x, y), 1.0, rtol=0, atol=1e-9)
        np.testing.assert_allclose(z, bend * (x * x - y * y), rtol=0, atol=1e-9)
        assert wire.frame is not None


def test_pictures_and_maps_are_where_the_files_come_from():
    terrain = gf.Wire.named("terrain")
    lake = gf.Wire.contour(terrain, 320.0, side="below", smooth=2.0)
    cases = {
        "horse.csv": (gf.Wire.silhouette(skimage.data.horse(), "0"), 1.0, 1e-5),
        "coins.csv": (gf.Wire.silhouette(skimage.data.coins(), "0", level="edges", specks=0.1), 1.0, 1e-5),
        "lake.csv": (lake, 1e-3, 1e-5),
        "summit.csv": (gf.Wire.contour(terrain, 880.0, smooth=1.0), 1e-3, 1e-5),
    }
    for name, (known, unit, off) in cases.items():
        wire = gf.Wire.read(FOLDER / "wires" / name)
        assert len(wire.curves) == len(known.curves)
        tree = KDTree(unit * np.concatenate(known.curves)[:, :2])
        assert np.max(tree.query(np.concatenate(wire.curves)[:, :2])[0]) < off
        assert wire.shadow.area == pytest.approx(unit**2 * known.shadow.area, rel=3e-3)
