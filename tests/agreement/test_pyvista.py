"""Films and wires go to pyvista and come back."""

import numpy as np
import pytest
import pyvista

import geoflow as gf


def film_and_run(name="saddle", n=17):
    film = gf.soap_film(gf.Wire.named(name), n)
    return film, gf.evolve(film.flow, film.start, 0.01)


@pytest.mark.parametrize("name", ["saddle", "helicoid"])
def test_a_film_goes_to_pyvista_and_comes_back(name):
    film, run = film_and_run(name)
    mesh = film.to_pyvista(run.x)
    assert isinstance(mesh, pyvista.PolyData) and mesh.is_all_triangles
    assert np.array_equal(film.from_pyvista(mesh), run.x) and film.from_pyvista(mesh).dtype == np.float64
    assert np.array_equal(mesh.point_data["height"], mesh.points[:, 2]) and mesh.points.dtype == np.float64
    assert np.array_equal(mesh.point_data["change"], (run.x - film.start).ravel())
    assert np.array_equal(film.from_pyvista(film.to_pyvista()), film.start)
    area = film.flow.energy.value(run.x)
    assert mesh.area == pytest.approx(area, rel=2e-3) and mesh.n_open_edges == 2 * (sum(film.grid.shape) - 2)
    mesh.points[:, 2] += 1.0  # a copy: the run is not touched
    assert np.array_equal(film.from_pyvista(film.to_pyvista(run.x)), run.x)


def test_heights_are_found_whatever_the_order_and_the_kind_of_mesh():
    film, run = film_and_run()
    x, y = np.meshgrid(film.grid.x, film.grid.y)
    structured = pyvista.StructuredGrid(x, y, run.x)
    assert np.array_equal(film.from_pyvista(structured), run.x)
    shuffled = np.random.default_rng(7).permutation(film.to_pyvista(run.x).points)
    assert np.array_equal(film.from_pyvista(pyvista.PolyData(shuffled)), run.x)


@pytest.mark.parametrize("name", ["saddle", "helicoid", "tent"])
def test_the_wire_of_a_film_comes_back_and_holds_it_as_before(name):
    film, run = film_and_run(name)
    wire = gf.Wire.from_pyvista(film.to_pyvista(run.x), name)
    assert wire.bounds == film.wire.bounds and wire.name == name
    again = gf.soap_film(wire, max(film.grid.shape), film.from_pyvista(film.to_pyvista(run.x)))
    assert np.array_equal(again.start, run.x) and np.array_equal(again.grid.boundary, film.grid.boundary)


def test_wires_from_lines_and_from_meshes_of_other_kinds():
    angle = np.linspace(0.0, 2.0 * np.pi, 60, endpoint=False)
    ring = np.column_stack([np.cos(angle), np.sin(angle), np.cos(3.0 * angle)])
    found = gf.Wire.from_pyvista(pyvista.lines_from_points(ring, close=True)).shadow.points
    apart = np.linalg.norm(found[:, None] - ring, axis=-1)
    assert found.shape == ring.shape and np.max(np.min(apart, axis=1)) < 1e-6
    assert np.array_equal(np.sort(np.argmin(apart, axis=1)), np.arange(60))
    film, run = film_and_run()
    x, y = np.meshgrid(film.grid.x, film.grid.y)
    for mesh in (pyvista.StructuredGrid(x, y, run.x), film.to_pyvista(run.x).cast_to_unstructured_grid()):
        assert np.array_equal(gf.soap_film(gf.Wire.from_pyvista(mesh), 17, run.x).start, run.x)


BAD = {
    "no mesh": (lambda f: gf.Wire.from_pyvista([[0, 0, 0]]), "mesh"),
    "nothing": (lambda f: gf.Wire.from_pyvista(pyvista.PolyData()), "mesh"),
    "closed": (lambda f: gf.Wire.from_pyvista(pyvista.Sphere()), "mesh"),
    "open": (lambda f: gf.Wire.from_pyvista(pyvista.Line()), "mesh"),
    "no points": (lambda f: f.from_pyvista(np.zeros((3, 3))), "mesh"),
    "off the nodes": (lambda f: f.from_pyvista(pyvista.Plane()), "mesh"),
    "too few": (lambda f: f.from_pyvista(pyvista.PolyData(f.to_pyvista().points[:-1])), "mesh"),
    "too many": (lambda f: f.from_pyvista(pyvista.PolyData(np.repeat(f.to_pyvista().points, 2, axis=0))), "mesh"),
    "not a number": (lambda f: f.from_pyvista(pyvista.PolyData(np.full((f.start.size, 3), np.nan))), "mesh"),
    "a shape": (lambda f: f.to_pyvista(np.zeros((3, 3))), "u"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_refused(name):
    call, field = BAD[name]
    with pytest.raises(gf.BadInput, match=rf"^{field}") as refusal:
        call(film_and_run(n=9)[0])
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["ring", "two-rings", "upright-ring"])
def test_films_over_outlines_go_and_come_back(name):
    film, run = film_and_run(name, 33)
    mesh = film.to_pyvista(run.x)
    exact = 1e-15 if film.wire.frame is not None else 0.0  # turned, and turned back
    seen = ~film.grid.boundary
    seen.flat[film.grid.cut.nodes.held] = True
    for shuffled in (mesh, pyvista.PolyData(mesh.points[::-1].copy())):
        back = film.from_pyvista(shuffled)
        assert np.max(np.abs(back - run.x)[seen]) <= exact
    assert mesh.area == pytest.approx(film.flow.energy.value(run.x), rel=2e-3)
    assert gf.Wire.from_pyvista(mesh).shadow.area == pytest.approx(film.wire.shadow.area, rel=0.02)
    fewer = pyvista.PolyData(mesh.points[mesh.point_data["change"] == 0.0])
    with pytest.raises(gf.BadInput, match="one point over each"):
        film.from_pyvista(fewer)
