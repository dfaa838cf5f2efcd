"""A window to turn a film in, with a slider through time and a button that plays; and where there can be one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import floor, log10
from typing import TYPE_CHECKING, Any

import numpy as np

from geoflow.viz.camera import AMBIENT, DIFFUSE, FILM_SHINE, LIGHTS, VIEW_ANGLE, WIRE_SHINE, fitted_camera
from geoflow.viz.films_vtk import surface_of, tubes_of
from geoflow.viz.look import INK, LET_GO, MARK
from geoflow.viz.movies import RATE
from geoflow.viz.probe import WITHOUT_SCREEN, Probe
from geoflow.viz.reels import Reel
from geoflow.viz.scene import MARGIN

if TYPE_CHECKING:
    import pyvista

FRAME = (-1.1, 0.8, -0.7, 0.65)
"""Where the box goes, in half heights of the window."""


AXES: dict[str, Any] = {
    "location": "outer",
    "grid": "back",
    "color": "#6b7079",
    "font_size": 11,
    "fmt": "%.3g",
    "use_3d_text": False,
    "n_xlabels": 5,
    "n_ylabels": 5,
    "n_zlabels": 5,
}


def in_notebook() -> bool:
    """Whether Python runs behind a notebook."""
    shell = sys.modules.get("IPython")
    running = None if shell is None else shell.get_ipython()
    return running is not None and "kernel" in type(running).__module__ + type(running).__name__.lower()


def has_screen(probe: Probe) -> bool:
    """Whether pyvista can open a window, and not only draw out of sight."""
    return probe.ok and probe.backend not in WITHOUT_SCREEN


def open_window(reel: Reel, title: str, off_screen: bool = False) -> tuple[pyvista.Plotter, Callable[[int], None]]:
    """A plotter, not shown yet, and what brings it to a frame."""
    import pyvista as pv
    from matplotlib import colormaps

    scene, paint = reel.scenes[0], reel.paint
    plotter: Any = pv.Plotter(title="geoflow", off_screen=off_screen, lighting="none", window_size=[1200, 900])
    plotter.enable_anti_aliasing("ssaa")
    for place, strength in LIGHTS:
        light = pv.Light(light_type="camera light", intensity=strength)
        light.position = place
        plotter.add_light(light)
    shine: dict[str, Any] = {"smooth_shading": True, "ambient": AMBIENT, "diffuse": DIFFUSE}
    film: Any = surface_of(scene)
    bar: dict[str, Any] = {"vertical": True, "position_x": 0.86, "position_y": 0.25, "height": 0.5, "width": 0.06}
    bar |= {"title": f"{paint.label}\n", "color": INK, "title_font_size": 15, "label_font_size": 13, "fmt": "%.3g"}
    plotter.add_mesh(
        film, scalars="value", cmap=colormaps[paint.colours], clim=paint.limits, scalar_bar_args=bar,
        specular=FILM_SHINE[0], specular_power=FILM_SHINE[1], **shine,
    )  # fmt: skip
    plotter.add_text(title, position="upper_edge", font_size=11, color=INK)
    if scene.marks:
        plotter.add_legend([[LET_GO, MARK]], bcolor=None, face="-", loc="lower left", size=(0.2, 0.06))
    inside = np.where(scene.high - scene.low > 2.1 * MARGIN, MARGIN, 0.0)  # the margin is no part of the film
    low, high = scene.low + inside, scene.high - inside
    box, size = np.stack([low, high], axis=1), scene.high - scene.low
    ends = [
        np.round(e / k + c, 12 - floor(log10(d / k))) for e, k, c, d in zip(box, scene.scale, scene.centre, size, strict=True)
    ]
    plotter.show_bounds(
        bounds=box.ravel().tolist(), axes_ranges=np.concatenate(ends).tolist(), xtitle="x", ytitle="y", ztitle="u", **AXES
    )
    camera = fitted_camera(scene.low, scene.high, FRAME, scene.above, scene.turns)
    plotter.camera.position = camera.position
    plotter.camera.focal_point = camera.position - camera.away * float(camera.position @ camera.away)
    plotter.camera.up, plotter.camera.view_angle = camera.up, VIEW_ANGLE

    def show(k: int) -> None:
        now = surface_of(reel.scenes[k])
        film.points, film["value"] = now.points, now["value"]
        film.point_data.active_normals = now.point_data.active_normals
        for number, (tube, colour) in enumerate(tubes_of(reel.scenes[k])):
            look = {"color": colour, "specular": WIRE_SHINE[0], "specular_power": WIRE_SHINE[1], **shine}
            plotter.add_mesh(tube, name=f"wire {number}", reset_camera=False, render=False, **look)
        plotter.add_text(reel.states[k].caption, position="lower_right", font_size=10, color=INK, name="caption", render=False)

    show(0)
    if len(reel.scenes) > 1 and not off_screen:
        _add_clock(plotter, len(reel.scenes), show)
    return plotter, show


def _add_clock(plotter: Any, count: int, show: Callable[[int], None]) -> None:
    """A slider over the frames and a button that plays them."""
    now = {"frame": 0, "playing": False}

    def go(value: float) -> None:
        now["frame"] = round(value)
        show(now["frame"])

    look: dict[str, Any] = {"pointa": (0.15, 0.07), "pointb": (0.65, 0.07), "color": INK, "fmt": "", "style": "modern"}
    slider = plotter.add_slider_widget(go, (0, count - 1), value=0, title="", **look)

    def play(on: bool) -> None:
        now["playing"] = on

    def tick(_: int) -> None:
        if now["playing"]:
            go((now["frame"] + 1) % count)
            slider.GetRepresentation().SetValue(now["frame"])
            plotter.render()

    plotter.add_checkbox_button_widget(play, value=False, position=(30.0, 30.0), size=34, border_size=4)
    plotter.add_text("play", position=(74, 36), font_size=10, color=INK)
    plotter.add_timer_event(max_steps=2**30, duration=round(1000 / RATE), callback=tick)
