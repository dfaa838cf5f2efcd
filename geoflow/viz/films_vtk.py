"""Draw a film with pyvista, off screen: smooth light on the film, the wire as a dark metal tube.

The picture is drawn at twice its size on nothing and averaged, so edges are smooth wherever OpenGL works at all;
multi-sampling and ambient occlusion are left to better drivers than the software ones this must run on.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geoflow.viz.camera import AMBIENT, DIFFUSE, FILM_SHINE, LIGHTS, VIEW_ANGLE, WIRE_SHINE, Camera
from geoflow.viz.look import MARK, rgb
from geoflow.viz.paint import Paint
from geoflow.viz.sampling import resampled, sharp_corners, turns_sharply
from geoflow.viz.scene import MARKED, Array, Scene

if TYPE_CHECKING:
    import pyvista

OVERSAMPLE, COARSE = 2, 64


def picture(scene: Scene, camera: Camera, width: int, height: int, paint: Paint) -> Array:
    """Film and wire on a transparent ground.

    Parameters
    ----------
    scene, camera
        What is seen, and from where.
    width, height : int
        Size in pixels.
    paint : Paint
        What the colours of the film are.

    Returns
    -------
    (height, width, 4)
        Red, green, blue, opacity in [0, 1], first row on top.
    """
    import pyvista as pv
    from matplotlib import colormaps

    plotter = pv.Plotter(off_screen=True, window_size=[OVERSAMPLE * width, OVERSAMPLE * height], lighting="none")
    try:
        for place, strength in LIGHTS:
            light = pv.Light(light_type="camera light", intensity=strength)
            light.position = place
            plotter.add_light(light)
        shine: dict[str, Any] = {"smooth_shading": True, "ambient": AMBIENT, "diffuse": DIFFUSE}
        plotter.add_mesh(
            surface_of(scene), scalars="value", cmap=colormaps[paint.colours], clim=paint.limits, show_scalar_bar=False,
            specular=FILM_SHINE[0], specular_power=FILM_SHINE[1], **shine,
        )  # fmt: skip
        for part, colour in tubes_of(scene):
            plotter.add_mesh(part, color=colour, specular=WIRE_SHINE[0], specular_power=WIRE_SHINE[1], **shine)
        plotter.camera.position = camera.position
        plotter.camera.focal_point = camera.position - camera.away * float(camera.position @ camera.away)
        plotter.camera.up = camera.up
        plotter.camera.view_angle = VIEW_ANGLE
        plotter.renderer.ResetCameraClippingRange()
        drawn = plotter.screenshot(transparent_background=True, return_img=True)
    finally:
        plotter.close()
    return _averaged(np.asarray(drawn))


def surface_of(scene: Scene) -> pyvista.PolyData:
    """The patches of the film, cut finer where one would see them."""
    import pyvista as pv

    sheet = scene.sheet
    times = max(1, round(COARSE * 2 / max(1.0, len(sheet.quads) ** 0.5))) if len(sheet.quads) < COARSE**2 else 1
    quads, triangles = sheet.patches(times)
    corners = np.concatenate([quads.reshape(-1, 7), triangles.reshape(-1, 7)])
    number = np.arange(len(corners))
    cut = 4 * len(quads)
    four, three = number[:cut].reshape(-1, 4), number[cut:].reshape(-1, 3)
    faces = np.concatenate([np.insert(four, 0, 4, axis=1).ravel(), np.insert(three, 0, 3, axis=1).ravel()])
    film = pv.PolyData(corners[:, :3], faces=faces)
    film["value"] = corners[:, 6]
    film.point_data.active_normals = corners[:, 3:6] / np.linalg.norm(corners[:, 3:6], axis=1, keepdims=True)
    return film


def tubes_of(scene: Scene) -> list[tuple[pyvista.PolyData, tuple[float, float, float]]]:
    """The wires and marbles, and the marked parts, each as one mesh with its colour; none that is empty."""
    import pyvista as pv

    wires = [part for wire in scene.wires for part in _tube(wire, scene.thickness)]
    if len(scene.marbles):
        ball = pv.Sphere(radius=scene.radius, theta_resolution=40, phi_resolution=40)
        wires.append(pv.PolyData(scene.marbles).glyph(geom=ball, scale=False, orient=False))
    marks = [part for mark in scene.marks for part in _tube(mark, MARKED * scene.thickness)]
    return [(pv.merge(parts), colour) for parts, colour in ((wires, scene.paint), (marks, rgb(MARK))) if parts]


def _tube(wire: Array, thickness: float) -> list[pyvista.PolyData]:
    """Tubes between the sharp corners of a wire, a ball at every corner; where a smooth one closes, no end is seen."""
    import pyvista as pv

    line = resampled(wire, thickness)
    corners, parts = sharp_corners(line), []
    if len(corners) == 2 and np.array_equal(line[0], line[-1]) and not turns_sharply(line[-2], line[0], line[1]):
        return [pv.MultipleLines(np.concatenate([line, line[1:3]])).tube(radius=thickness, n_sides=20)]
    for a, b in pairwise(corners):
        parts.append(pv.MultipleLines(line[a : b + 1]).tube(radius=thickness, n_sides=20, capping=True))
    ball = pv.Sphere(radius=thickness, theta_resolution=20, phi_resolution=20)
    return [*parts, pv.PolyData(line[corners]).glyph(geom=ball, scale=False, orient=False)]


def _averaged(drawn: NDArray[np.uint8]) -> Array:
    """Mean over blocks of OVERSAMPLE² pixels of (H, W, 4) bytes, colours weighted by opacity."""
    n = OVERSAMPLE
    h, w = drawn.shape[0] // n, drawn.shape[1] // n
    pixels = drawn.astype(np.float32) / 255
    pixels[..., :3] *= pixels[..., 3:]
    mean = pixels.reshape(h, n, w, n, 4).mean(axis=(1, 3), dtype=np.float64)
    mean[..., :3] /= np.maximum(mean[..., 3:], 1e-9)
    return np.clip(mean, 0.0, 1.0)
