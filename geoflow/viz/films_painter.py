"""Draw a film without OpenGL: the painter's algorithm, far patches first, in matplotlib's two dimensions.

Light is Blinn and Phong's: a patch of colour c and normal n is seen as c (a + Σ Iₗ d |n·l|) + s Σ Iₗ |n·h|ᵖ with h half
way between light l and eye; Blinn's p is four times Phong's for the same gleam. The patches are flat and small; a
coarse film is subdivided first, its normals with it. Matplotlib's own 3-D axes are not used: they sort whole objects,
so a wire would lie before or behind all of its film.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoflow.viz.camera import AMBIENT, DIFFUSE, FILM_SHINE, LIGHTS, Camera
from geoflow.viz.look import MARK, rgb
from geoflow.viz.paint import Paint
from geoflow.viz.sampling import resampled, sharp_corners
from geoflow.viz.scene import MARKED, Array, Scene

if TYPE_CHECKING:
    from matplotlib.collections import PolyCollection


def patches(scene: Scene, camera: Camera, finest: int, paint: Paint) -> PolyCollection:
    """Film and wire as polygons in the frame, back to front.

    Parameters
    ----------
    scene, camera
        What is seen, and from where.
    finest : int
        Patches along each side of the film, if it is a square.
    paint : Paint
        What the colours of the film are.

    Returns
    -------
    PolyCollection
        In half heights of the frame from its middle, as `Camera.project` gives them.
    """
    from matplotlib.collections import PolyCollection

    parts = [_film(scene, camera, finest, paint), *_balls(scene, camera)]
    for lines, thickness, colour in ((scene.wires, 1.0, scene.paint), (scene.marks, MARKED, rgb(MARK))):
        parts += [s for line in lines for s in _strips(line, thickness * scene.thickness, colour, camera)]
    corners, depths, faces = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(-depths, kind="stable")
    # Without an edge of its own colour, a hairline of background shines through between neighbours.
    return PolyCollection(list(corners[order]), facecolors=faces[order], edgecolors=faces[order], linewidths=0.35, zorder=2)


def _film(scene: Scene, camera: Camera, finest: int, paint: Paint) -> tuple[Array, Array, Array]:
    """Corners (m, 4, 2), depths (m,) and colours (m, 3) of the film's patches."""
    from matplotlib import colormaps

    sheet = scene.sheet
    quads, triangles = sheet.patches(max(1, round(finest / max(1.0, len(sheet.quads) ** 0.5))))
    # A triangle is drawn as a quadrilateral with a corner twice.
    corners = np.concatenate([quads, triangles[:, [0, 1, 2, 2]]])
    middle = np.concatenate([quads.mean(axis=1), triangles.mean(axis=1)])
    flat, _ = camera.project(corners[..., :3])
    _, far = camera.project(middle[:, :3])
    level = (middle[:, 6] - paint.limits[0]) / (paint.limits[1] - paint.limits[0])
    return flat, far, _lit(colormaps[paint.colours](level)[:, :3], middle[:, 3:6], camera)


def _lit(colour: Array, normal: Array, camera: Camera) -> Array:
    """Colours (m, 3) of patches with normals (m, 3) in the light of `LIGHTS`."""
    normal = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
    diffuse, shine = np.full(len(normal), AMBIENT), np.zeros(len(normal))
    strongest, power = FILM_SHINE
    side = np.sign(normal @ camera.away)
    for place, strength in LIGHTS:
        light = np.array(place) @ np.stack([camera.right, camera.up, camera.away])
        light /= np.linalg.norm(light)
        half = light + camera.away
        half /= np.linalg.norm(half)
        diffuse += DIFFUSE * strength * np.maximum(side * (normal @ light), 0.0)
        shine += strength * np.maximum(side * (normal @ half), 0.0) ** (4 * power)
    return np.clip(colour * diffuse[:, None] + strongest * shine[:, None], 0.0, 1.0)


def _strips(
    wire: Array, thickness: float, colour: tuple[float, float, float], camera: Camera
) -> list[tuple[Array, Array, Array]]:
    """The wire as ribbons that face the eye: a dark one, and the gleam along its middle."""
    line = resampled(wire, thickness)
    flat, depth = camera.project(line)
    # Half a tube of that thickness, in the frame: the projection of a short way to the right at the same depth.
    near, _ = camera.project(line + thickness * camera.right)
    half = np.linalg.norm(near - flat, axis=-1)
    along = np.diff(flat, axis=0)
    length = np.linalg.norm(along, axis=-1, keepdims=True)
    along = np.divide(along, length, out=np.zeros_like(along), where=length > 0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=-1)
    start, end = flat[:-1] - 0.5 * half[:-1, None] * along, flat[1:] + 0.5 * half[1:, None] * along
    first, last = half[:-1, None] * across, half[1:, None] * across
    far = (depth[:-1] + depth[1:]) / 2
    tips = sharp_corners(line)
    parts = []
    for width, grey, rise in ((1.0, 0.0, 2.4), (0.35, 0.16, 3.2)):
        quads = np.stack([start - width * first, end - width * last, end + width * last, start + width * first], axis=1)
        quads = np.concatenate([quads, _discs(flat[tips], width * half[tips])])
        depths = np.concatenate([far, np.repeat(depth[tips], 3)]) - rise * thickness
        parts.append((quads, depths, np.tile(np.clip(np.add(colour, grey), 0.0, 1.0), (len(quads), 1))))
    return parts


def _balls(scene: Scene, camera: Camera) -> list[tuple[Array, Array, Array]]:
    """Marbles as discs that face the eye: ever smaller and lighter ones, towards the key light."""
    flat, depth = camera.project(scene.marbles)
    near, _ = camera.project(scene.marbles + scene.radius * camera.right)
    radii = np.linalg.norm(near - flat, axis=-1)
    parts = []
    for size, grey in ((1.0, -0.08), (0.8, 0.0), (0.5, 0.1), (0.22, 0.35)):
        aside = 0.35 * (1.0 - size) * radii[:, None] * np.array([-1.0, 1.0])
        quads = _discs(flat + aside, size * radii)
        depths = np.repeat(depth, 3) - (1.0 + 0.1 * (1.0 - size)) * scene.radius
        parts.append((quads, depths, np.tile(np.clip(np.add(scene.paint, grey), 0.0, 1.0), (len(quads), 1))))
    return parts


def _discs(centres: Array, radii: Array) -> Array:
    """Octagons around (m, 2), cut into three quadrilaterals each: (3 m, 4, 2)."""
    angles = np.radians(22.5 + 45.0 * np.arange(8))
    ring = centres[:, None] + radii[:, None, None] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return ring[:, [[0, 1, 2, 3], [0, 3, 4, 5], [0, 5, 6, 7]]].reshape(-1, 4, 2)
