"""How all pictures look: a few greys, one map of colours, small letters, and axes that are made or checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoflow.errors import BadInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap

INK, GREY, FAINT = "#2b2d33", "#6b7079", "#dcdfe4"
PANES = ("#f4f5f7", "#f9fafb", "#f7f8f9")

TRACK = "#d1341f"
"""Of what has moved: trajectories."""

MARK, LET_GO = "#e6007e", "let go of by the film"
"""Of marked parts of a wire: their colour, which is in no map, and what they are."""

NAVY = "#10204a"
"""Of manifolds, and of what is exact."""

SERIES = ("#d1341f", "#2166ac", "#1b7837", "#8856a7", "#b07d12", "#3a3d45")
"""Of curves that are compared."""

SMALL, TEXT = 8.5, 9.5
"""Sizes of letters, in points: at ticks and in legends; names of axes."""


MARGINS = (0.72, 0.28, 0.58, 0.42)
"""Left, right, bottom, top of a new figure, in inches: room for names and a title."""

LINE = 0.19
"""What each line of a legend takes more of them at the bottom."""

BAR = 0.78
"""What a colour bar takes more of them on the right."""


def rgb(colour: str) -> tuple[float, float, float]:
    """Red, green and blue of "#rrggbb", in [0, 1]."""
    red, green, blue = (int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5))
    return red, green, blue


def axes_for(ax: object, size: tuple[float, float], bar: bool = False, lines: int = 2) -> Axes:
    """ax itself, if it is an axes of the plane; for None an axes so wide and so high, in inches, in a new figure of pyplot.

    bar, lines: whether there will be a colour bar, and how many lines the legend may have.
    """
    from matplotlib.axes import Axes

    if ax is not None and not (isinstance(ax, Axes) and ax.name == "rectilinear"):
        raise BadInput("ax", type(ax).__name__, "give an axes of matplotlib in the plane, such as plt.gca(), or None")
    if ax is None:
        import matplotlib.pyplot as plt

        # Room by inches, no layout engine: those that come with matplotlib misjudge axes of equal aspect.
        left, right, bottom, top = MARGINS
        bottom += LINE * lines
        width, height = left + size[0] + right + BAR * bar, bottom + size[1] + top
        ax = plt.figure(figsize=(width, height)).add_axes((left / width, bottom / height, size[0] / width, size[1] / height))
    ax.tick_params(labelsize=SMALL, labelcolor=INK, color=GREY, width=0.6, length=3)
    for spine in ax.spines.values():
        spine.set(color=GREY, linewidth=0.8)
    return ax


def name_axes(ax: Axes, across: str, up: str, italic: bool = False) -> None:
    """Names of both axes; italic for the variables of a formula."""
    for write, name in ((ax.set_xlabel, across), (ax.set_ylabel, up)):
        write(name, fontsize=TEXT, color=INK, parse_math=False, style="italic" if italic else "normal")


def log_upwards(ax: Axes) -> None:
    """A logarithmic axis upwards, and a grid behind what is drawn."""
    from matplotlib.ticker import NullLocator

    ax.set_yscale("log")
    low, high = ax.get_ylim()
    if high > 1e3 * low:
        ax.yaxis.set_minor_locator(NullLocator())
    ax.grid(color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)


def legend_below(ax: Axes) -> None:
    """A legend below the name of the lower axis, where it hides nothing; of as many columns as there is room for."""
    from matplotlib.transforms import ScaledTranslation

    handles, labels = ax.get_legend_handles_labels()
    if not labels:
        return
    ax.apply_aspect()
    below = ax.transAxes + ScaledTranslation(0.0, -34.0 / 72.0, ax.figure.dpi_scale_trans)
    page, middle = ax.figure.bbox, 0.5 * (ax.bbox.x0 + ax.bbox.x1)
    room = min(1.2 * ax.bbox.width, 2.0 * (min(middle - page.x0, page.x1 - middle) - 0.05 * ax.figure.dpi))
    for columns in range(min(len(labels), 4), 0, -1):
        legend = ax.legend(
            handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0.0), bbox_transform=below, ncols=columns,
            frameon=False, fontsize=SMALL, labelcolor=INK, borderpad=0.0, borderaxespad=0.0, handlelength=2.0, columnspacing=1.6,
        )  # fmt: skip
        if legend.get_window_extent().width <= room:
            return


def legend_above(ax: Axes) -> None:
    """A legend above the axes, at the left, where it hides nothing; of as many columns as half its figure has room for.

    Its letters are as large as `letters` says.
    """
    handles, labels = ax.get_legend_handles_labels()
    if not labels:
        return
    figure = ax.figure
    room = 0.5 * figure.bbox.width - 0.85 * letters(figure) * figure.dpi  # what names and ticks of two axes leave
    for columns in range(len(labels), 0, -1):
        legend = ax.legend(
            handles, labels, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, frameon=False,
            fontsize=SMALL * letters(figure), labelcolor=INK, borderpad=0.2, borderaxespad=0.0,
            handlelength=1.8, handletextpad=0.5, columnspacing=1.2,
        )  # fmt: skip
        if legend.get_window_extent().width <= room:
            return


def letters(figure: object) -> float:
    """How large letters are on a figure of several panels, over those 10 inches wide: on a small one not as small as it."""
    inches = figure.bbox.width / figure.dpi  # type: ignore[attr-defined]
    return float(min(max((inches / 10.0) ** 0.5, 0.7), 1.3))


def light_colours() -> ListedColormap:
    """Viridis on tracing paper: as even, and light enough that thin dark lines show on all of it."""
    import numpy as np
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    paint = colormaps["viridis"](np.linspace(0.0, 1.0, 256))[:, :3]
    return ListedColormap(0.58 * paint + 0.42, name="light viridis")
