"""Find out whether pyvista can draw on this machine, without the risk of dying of it.

A broken OpenGL stack does not raise: it kills the process, or draws nothing. So a child process draws a dark ball on
white, 64×64, and looks at the picture; whatever becomes of the child, the parent gets one sentence. `can_render` asks
once a process and then remembers.
"""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

WINDOW = "VTK_DEFAULT_OPENGL_WINDOW"
"""The environment variable by which VTK is told how to get its OpenGL picture."""

WITHOUT_SCREEN = ("vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow")
"""Render windows that nobody sees."""

ADVICE = "for better pictures: apt install libegl1 libgl1-mesa-dri"

# `pyvista.system_supports_plotting()` only looks for a display; it is wrong both ways on machines without one.
SCENE = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, ValueError, OSError):
    print("geoflow: a crash of this child may leave a core file", file=sys.stderr)
try:
    import pyvista
except Exception as error:
    print("geoflow", "import", type(error).__name__, " ".join(str(error).split()), sep="\\t")
    sys.exit(3)
scene = pyvista.Plotter(off_screen=True, window_size=(64, 64))
scene.background_color = "white"
scene.add_mesh(pyvista.Sphere(), color="black", lighting=False)
picture = scene.screenshot(return_img=True)
window = scene.render_window
about = (window.ReportCapabilities() or "").splitlines()
renderer = [line.split(":", 1)[1].strip() for line in about if line.startswith("OpenGL renderer string")]
seen = picture.shape[:2] == (64, 64) and picture[32, 32].max() < 64 and picture[2, 2].min() > 192
print("geoflow", "seen" if seen else "blank", type(window).__name__, *renderer[:1], sep="\\t", flush=True)
scene.close()
"""


@dataclass(frozen=True)
class Probe:
    """What can draw films here.

    Attributes
    ----------
    ok : bool
        Whether pyvista drew the test scene.
    backend : str
        VTK's render window (``vtkEGLRenderWindow``, …) when ok, else ``matplotlib``.
    reason : str
        One line: what drew the scene, or why nothing did.
    advice : str or None
        What to install for better pictures; None when ok, or where nothing is known to help.
    """

    ok: bool
    backend: str
    reason: str
    advice: str | None = None


@functools.cache
def can_render() -> Probe:
    """Whether pyvista can draw here; asked of a child process at the first call (about 2 s), then remembered.

    On Linux the render window that worked is left in ``VTK_DEFAULT_OPENGL_WINDOW``, unless the user chose one or VTK
    needs no telling. Never raises.
    """
    return try_windows(_candidates())


def try_windows(windows: Sequence[str | None], command: Sequence[str] | None = None, timeout: float = 60.0) -> Probe:
    """Draw the test scene with each render window in turn, until one shows it.

    Parameters
    ----------
    windows : sequence of str or None
        Names of VTK render windows; None leaves the choice to the environment.
    command : sequence of str, optional
        The child, if not the test scene.
    timeout : float
        Seconds given to each child.

    Returns
    -------
    Probe
        The first that drew, or the reasons of all that did not. Never raises.
    """
    reasons: list[str] = []
    for window in windows:
        drew, backend, reason = _ask(window, command or [sys.executable, "-P", "-W", "ignore", "-c", SCENE], timeout)
        if drew:
            # VTK may have fallen back to another window by itself, with a warning each time: name that one at once.
            if sys.platform.startswith("linux") and backend in WITHOUT_SCREEN:
                os.environ[WINDOW] = backend
            return Probe(True, backend, reason)
        if reason not in reasons:
            reasons.append(reason)
    advice = ADVICE if sys.platform.startswith("linux") else None
    return Probe(False, "matplotlib", "; ".join(reasons) or "no render window to try", advice)


def _candidates() -> tuple[str | None, ...]:
    """The render windows worth trying here, best first."""
    if os.environ.get(WINDOW) or not sys.platform.startswith("linux"):
        return (None,)
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return (None, *WITHOUT_SCREEN)
    return WITHOUT_SCREEN


def _ask(window: str | None, command: Sequence[str], timeout: float) -> tuple[bool, str, str]:
    """Run one child: whether it drew, with which window, and a sentence."""
    environment = dict(os.environ) if window is None else {**os.environ, WINDOW: window}
    name = window or environment.get(WINDOW) or "VTK's own choice of window"
    try:
        with tempfile.TemporaryDirectory(prefix="geoflow-probe-") as folder:
            child = subprocess.run(
                list(command),
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=timeout,
            )
    except subprocess.TimeoutExpired:
        return False, "", f"{name}: the test scene took longer than {timeout:g} s"
    except OSError as error:
        return False, "", f"{name}: no child process could be started ({_one_line(error)})"
    said = [line.split("\t") for line in child.stdout.decode(errors="replace").splitlines()]
    answer = next((words[1:] for words in reversed(said) if words[0] == "geoflow" and len(words) > 2), None)
    if answer is not None and answer[0] == "seen" and child.returncode == 0:
        return True, answer[1], " draws with ".join(answer[1:])
    if answer is not None and answer[0] == "import":
        return False, "", f"pyvista cannot be imported ({_one_line(': '.join(answer[1:]))})"
    if answer is not None and answer[0] == "blank":
        return False, "", f"{name}: the test scene came out blank"
    return False, "", f"{name}: the test scene {_ending(child.returncode)}"


def _ending(code: int) -> str:
    if code < 0:
        try:
            return f"crashed ({signal.Signals(-code).name})"
        except ValueError:
            return f"crashed (signal {-code})"
    return f"ended with exit code {code}"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:160]


if __name__ == "__main__":
    print(can_render())
