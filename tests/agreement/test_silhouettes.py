"""Silhouettes of pictures and contours of height fields: against shapes that are known, and of real pictures that ship with
scikit-image and matplotlib."""

import argparse

import numpy as np
import pytest
import skimage.data
import skimage.io
from PIL import Image
from scipy import ndimage
from skimage.measure import label, regionprops

import geoflow as gf
from geoflow.cli.film_input import of_picture
from geoflow.cli.main import main
from geoflow.domains.regions import regions
from geoflow.domains.smoothing import smoothed, twiced
from geoflow.errors import TooCoarse

PIXELS = (-0.5, 199.5, -0.5, 149.5)  # bounds in which the pixel (row, column) of a 150 × 200 picture is at (column, 149 − row)
X, Y = np.meshgrid(np.arange(200.0), np.arange(149.0, -1.0, -1.0))


def drawn(distance, soft=0.0):
    """A picture that is white where a distance to its edge is negative: black and white, or as a lens of that width has it."""
    return distance < 0.0 if soft == 0.0 else np.clip(0.5 - distance / soft, 0.0, 1.0)


def disc(radius, x=100.3, y=70.7):
    return np.hypot(X - x, Y - y) - radius


def areas(wire):
    out = []
    for loop in wire.curves:
        x, y = loop[:, 0], loop[:, 1]
        out.append(0.5 * float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))))
    return sorted(out, key=abs)


# ----------------------------------------------------------------------------------------------------------- smoothing


@pytest.mark.parametrize("radius", [3.0, 10.0, 80.0])
@pytest.mark.parametrize("sigma", [0.5, 2.0, 4.0])
def test_smoothing_shrinks_a_circle_by_its_law(radius, sigma):
    """A circle is one Fourier mode: its radius takes the factor 1 − (1 − exp(−σ²/2R²))², where a Gaussian has exp(−σ²/2R²)."""
    angle = np.linspace(0.0, 2.0 * np.pi, 20_000, endpoint=False)
    circle = radius * np.column_stack([np.cos(angle), np.sin(angle)]) + (3.0, -7.0)
    found = np.hypot(*(twiced(circle, sigma) - (3.0, -7.0)).T)
    factor = 1.0 - (1.0 - np.exp(-0.5 * (sigma / radius) ** 2)) ** 2
    np.testing.assert_allclose(found, radius * factor, rtol=1e-6)


def test_smoothing_moves_with_the_curve_and_does_not_know_its_points():
    angle = np.linspace(0.0, 2.0 * np.pi, 4000, endpoint=False)
    loop = (10.0 + 2.0 * np.cos(5.0 * angle))[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    known = twiced(loop, 1.0)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    np.testing.assert_allclose(twiced(loop @ turn.T + 5.0, 1.0), known @ turn.T + 5.0, rtol=0, atol=1e-11)
    denser = twiced(np.repeat(loop, 2, axis=0)[1:], 1.0)
    np.testing.assert_allclose(denser[:: len(denser) // 7][:6], known[:: len(known) // 7][:6], rtol=0, atol=1e-9)


def test_a_corner_is_rounded_off_by_less_than_sigma():
    square = np.array([(0, 0), (60, 0), (60, 60), (0, 60)], dtype=float)
    for sigma in (1.0, 2.0, 4.0):
        found = twiced(square, sigma)
        assert 0.1 * sigma < np.min(np.hypot(*found.T)) < 0.5 * sigma
        assert np.min(found) > -0.1 * sigma  # and swings out by a twentieth beside it


def test_loops_that_smoothing_would_make_cross_are_smoothed_less():
    square = np.array([(0.0, 0.0), (30.0, 0.0), (30.0, 30.0), (0.0, 30.0)])
    found, width = smoothed([square, square + np.array([30.3, 0.0])], 6.0)
    assert width in (3.0, 1.5)
    assert smoothed([square, square + np.array([30.001, 0.0])], 6.0)[1] == 0.0
    gf.Wire.outline(found, "x")  # they do not cross


# -------------------------------------------------------------------------------------------------- shapes that are known


@pytest.mark.parametrize("soft", [0.0, 3.0], ids=["black and white", "grey"])
@pytest.mark.parametrize("radius", [8.0, 25.0, 60.0])
def test_a_disc_is_a_disc(radius, soft):
    """To a third of a pixel from black and white, to a twentieth from grey; its area to what counting pixels gives."""
    wire = gf.Wire.silhouette(drawn(disc(radius), soft), "0", bounds=PIXELS)
    (loop,) = wire.curves
    off = np.hypot(loop[:, 0] - 100.3, loop[:, 1] - 70.7) - radius
    assert np.max(np.abs(off)) < (0.45 if soft == 0.0 else 0.05)
    assert np.std(off) < (0.17 if soft == 0.0 else 0.03)
    counted = np.sum(drawn(disc(radius))) if soft == 0.0 else np.pi * radius**2
    assert wire.shadow.area == pytest.approx(counted, rel=6e-3 if radius < 10.0 else 2e-3)
    assert "light on dark, cut at grey 0.5: 1 region; smoothed over 2 pixels" in wire.about


def test_dark_on_light_is_the_same_and_up_is_up():
    shape = drawn(np.maximum(disc(40.0), -(Y - 60.0)))  # a disc, cut off below
    one, other = (gf.Wire.silhouette(p, "x", bounds=PIXELS) for p in (shape, ~shape))
    np.testing.assert_array_equal(one.curves[0], other.curves[0])
    assert "dark on light" in other.about
    assert np.min(one.curves[0][:, 1]) == pytest.approx(60.5, abs=0.3)
    assert np.max(one.curves[0][:, 1]) == pytest.approx(110.7, abs=0.5)


def test_whole_numbers_colours_and_files_are_the_same(tmp_path):
    grey = np.round(255 * drawn(disc(30.0), 4.0)).astype(np.uint8)
    skimage.io.imsave(tmp_path / "a.png", grey, check_contrast=False)
    known = gf.Wire.silhouette(grey, "x")
    for image in (grey / 255.0, np.stack([grey] * 3, axis=-1), tmp_path / "a.png", str(tmp_path / "a.png")):
        np.testing.assert_allclose(gf.Wire.silhouette(image, "x").curves[0], known.curves[0], rtol=0, atol=1e-9)
    assert gf.Wire.silhouette(tmp_path / "a.png", "x").name == "x over a.png"
    x0, x1, y0, y1 = known.bounds
    assert (x0, x1) == pytest.approx(((100.8 - 30) / 100 - 1, (100.8 + 30) / 100 - 1), abs=3e-3)  # 2 units along the longer side
    assert 0.5 * (y0 + y1) == pytest.approx(0.75 * (71.2 / 75 - 1), abs=3e-3)


def cut_out(grey, alpha):
    """A picture of one grey that is as opaque as alpha says, (ny, nx, 4)."""
    return np.round(255 * np.stack([*[np.full(alpha.shape, grey)] * 3, alpha], axis=-1)).astype(np.uint8)


@pytest.mark.parametrize("grey", [0.0, 0.4, 0.99, 1.0], ids=["black", "grey", "nearly white", "white"])
def test_what_is_transparent_is_ground(grey, tmp_path):
    """A shape on nothing, as logos and icons are: all its pixels may be of one colour, and those around it of any."""
    alpha = drawn(disc(30.0), 4.0)
    picture = cut_out(grey, alpha)
    known = gf.Wire.silhouette(np.round(255 * alpha) / 255.0, "0")
    for suffix in (".png", ".webp", ".tif"):
        Image.fromarray(picture).save(tmp_path / f"a{suffix}", **({"lossless": True} if suffix == ".webp" else {}))
    Image.frombytes("LA", (200, 150), picture[..., 2:].tobytes()).save(tmp_path / "la.png")
    files = ["a.png", "a.webp", "a.tif", "la.png"]
    for image in (picture, picture[..., 2:], picture / 255.0, *(tmp_path / name for name in files)):
        wire = gf.Wire.silhouette(image, "0")
        assert ("light on dark" if grey > 0.98 else "dark on light") in wire.about
        np.testing.assert_allclose(wire.curves[0], known.curves[0], rtol=0, atol=1e-9)
    around = picture.copy()
    around[alpha == 0.0, :3] = 77  # what nobody sees
    np.testing.assert_array_equal(gf.Wire.silhouette(around, "0").curves[0], gf.Wire.silhouette(picture, "0").curves[0])


def test_a_transparent_colour_is_ground(tmp_path):
    """Pictures with a palette, and those of one transparent grey, keep their transparency beside the pixels."""
    shape = drawn(disc(30.0))
    known = gf.Wire.silhouette(~shape, "0")
    Image.fromarray(np.where(shape, 9, 0).astype(np.uint8)).save(tmp_path / "grey.png", transparency=0)
    indexed = Image.frombytes("P", (200, 150), shape.astype(np.uint8).tobytes())
    indexed.putpalette([0] * 768)
    for name in ("palette.png", "palette.gif"):
        indexed.save(tmp_path / name, transparency=0)
    for name in ("grey.png", "palette.png", "palette.gif"):
        wire = gf.Wire.silhouette(tmp_path / name, "0")
        assert "dark on light" in wire.about
        np.testing.assert_allclose(wire.curves[0], known.curves[0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_the_fourth_ink_of_a_picture_for_print_is_no_transparency(suffix, tmp_path):
    """Pure black is in it alone, and all of it is ink: light where the numbers are low."""
    colours = np.where(drawn(disc(30.0))[..., None], (20, 40, 90), (250, 240, 200)).astype(np.uint8)
    known = gf.Wire.silhouette(colours, "0")
    inks = Image.fromarray(colours).convert("CMYK")
    black = Image.merge("CMYK", [Image.new("L", (200, 150))] * 3 + [Image.fromarray((200 * drawn(disc(30.0))).astype(np.uint8))])
    for picture in (inks, black):
        picture.save(tmp_path / f"a{suffix}", **({"quality": 100} if suffix == ".jpg" else {}))
        wire = gf.Wire.silhouette(tmp_path / f"a{suffix}", "0")
        assert "dark on light" in wire.about
        np.testing.assert_allclose(wire.bounds, known.bounds, rtol=0, atol=3e-3)
        assert wire.shadow.area == pytest.approx(known.shadow.area, rel=1e-2)


@pytest.mark.parametrize("kind", [np.int16, np.uint16, np.int32, np.int64, np.uint64])
def test_whole_numbers_of_a_larger_type_are_as_opaque(kind):
    """What arithmetic on a picture of bytes gives is of the same greys."""
    picture = cut_out(0.4, drawn(disc(30.0), 4.0))
    for part in (picture, picture[..., 2:]):
        np.testing.assert_array_equal(
            gf.Wire.silhouette(part.astype(kind), "0").curves[0], gf.Wire.silhouette(part, "0").curves[0]
        )
    if np.iinfo(kind).max > 65535:
        wide = 257 * picture.astype(np.uint16)
        np.testing.assert_array_equal(
            gf.Wire.silhouette(wide.astype(kind), "grey").bounds, gf.Wire.silhouette(wide, "grey").bounds
        )


def test_an_opaque_picture_is_the_same_with_an_alpha_channel():
    grey = np.round(255 * drawn(disc(30.0), 4.0)).astype(np.uint8)
    full = np.stack([grey] * 3 + [np.full_like(grey, 255)], axis=-1)
    np.testing.assert_array_equal(gf.Wire.silhouette(full, "0").curves[0], gf.Wire.silhouette(full[..., :3], "0").curves[0])


def test_regions_holes_specks_and_pinholes():
    shape = drawn(disc(50.0)) & ~drawn(disc(20.0)) | drawn(disc(8.0)) | drawn(disc(10.0, 20.0, 20.0))
    shape[5, 190:193] = True  # a speck
    shape[150 - 100, 99] = False  # a pinhole
    wire = gf.Wire.silhouette(shape, "0", bounds=PIXELS)
    assert "3 regions, 1 hole, 1 speck left out, 1 pinhole filled" in wire.about
    known = [np.sum(drawn(disc(*at))) for at in ((8.0,), (10.0, 20.0, 20.0), (20.0,), (50.0,))]
    np.testing.assert_allclose(np.abs(areas(wire)), known, rtol=1e-2)
    every = gf.Wire.silhouette(shape, "0", bounds=PIXELS, specks=0.0)
    assert "speck" in every.about and len(every.curves) == 4  # three pixels and one are too few for a wire
    assert len(gf.Wire.silhouette(shape, "0", specks=0.1).curves) == 2


def test_what_reaches_the_edge_is_closed_along_it():
    wire = gf.Wire.silhouette(drawn(disc(40.0, 0.0, 75.0), 3.0), "0", bounds=PIXELS)
    assert "closed along the edge" in wire.about
    assert wire.bounds[0] == pytest.approx(-0.5, abs=0.1)
    cap = 0.5 * np.pi * 40.0**2 + 0.5 * 2 * 40.0
    assert wire.shadow.area == pytest.approx(cap, rel=2e-3)


def test_the_grey_level_can_be_given():
    soft = drawn(disc(30.0), 40.0)  # from 0 to 1 over 40 pixels
    for level, radius in ((0.25, 40.0), (0.5, 30.0), (0.75, 20.0)):
        wire = gf.Wire.silhouette(soft, "grey", level=level, bounds=PIXELS)
        assert wire.shadow.area == pytest.approx(np.pi * radius**2, rel=5e-3)
        assert f"cut at grey {level:g}" in wire.about
        np.testing.assert_allclose(wire.shadow.points[:, 2], level, rtol=0, atol=5e-3)  # grey is the level along it


def test_heights_along_a_silhouette():
    picture = drawn(disc(40.0), 3.0)
    by = gf.Wire.silhouette(picture, "grey + 2*x", bounds=PIXELS)
    np.testing.assert_allclose(by.shadow.points[:, 2] - 2.0 * by.shadow.points[:, 0], 0.5, rtol=0, atol=0.05)
    ramp = np.add.outer(np.arange(150.0), 2.0 * np.arange(200.0))  # row 0 at the bottom
    by = gf.Wire.silhouette(picture, ramp, bounds=PIXELS)
    np.testing.assert_allclose(by.shadow.points[:, 2], by.shadow.points[:, 1] + 2.0 * by.shadow.points[:, 0], rtol=0, atol=1e-9)
    by = gf.Wire.silhouette(picture, lambda x, y: x - y, bounds=PIXELS)
    np.testing.assert_array_equal(by.shadow.points[:, 2], by.shadow.points[:, 0] - by.shadow.points[:, 1])
    assert gf.Wire.silhouette(picture, "t*grey").at(3.0).shadow.points[:, 2] == pytest.approx(1.5, abs=0.15)


CORNERS = np.eye(200)[:150] > 0  # a diagonal line of pixels that touch at corners alone
BAD = [
    (np.zeros((50, 50)), {}, "grey 0 everywhere"),
    (np.zeros((50, 50, 7)), {}, "image"),
    (np.zeros((50, 50, 4)), {}, "image = transparent everywhere"),
    (np.dstack([drawn(disc(30.0)), np.zeros((150, 200))]), {}, "image = transparent everywhere"),
    (np.dstack([drawn(disc(30.0)), np.full((150, 200), np.nan)]), {}, "image"),
    (np.full((50, 50), np.nan), {}, "not finite"),
    (np.ones((2, 2)), {}, "image"),
    ("horse", {}, "suffix"),
    (None, {}, "image"),
    ([[0, 1]], {}, "image"),
    (drawn(disc(30.0)), {"level": 2.0}, "nothing is above it"),
    (drawn(disc(30.0)), {"level": "otsu"}, "level = otsu"),
    (drawn(disc(30.0)), {"level": np.nan}, "level"),
    (drawn(disc(30.0)), {"smooth": -1.0}, "smooth"),
    (drawn(disc(30.0)), {"specks": 2.0}, "specks"),
    (drawn(disc(30.0)), {"bounds": (1.0, 0.0, 0.0, 1.0)}, "bounds"),
    (drawn(disc(30.0)), {"height": None}, "height"),
    (drawn(disc(30.0)), {"height": "gray"}, "gray"),
    (drawn(disc(30.0)), {"height": "log(x - 99)"}, "height of wire"),
    (drawn(disc(30.0)), {"height": np.zeros(7)}, "height"),
]


@pytest.mark.parametrize(("image", "options", "why"), BAD, ids=range(len(BAD)))
def test_pictures_that_give_no_wire(image, options, why):
    with pytest.raises(gf.BadInput, match=why) as error:
        gf.Wire.silhouette(image, **{"height": "x", **options})
    assert "\n" not in str(error.value)


def test_a_picture_as_an_outline_is_sent_on():
    with pytest.raises(gf.BadInput, match=r"Wire\.silhouette"):
        gf.Wire.outline("horse.png", "x")


@pytest.mark.parametrize("seed", range(6))
def test_random_pictures_are_wires_or_refused(seed):
    """Whatever blobs there are: loops do not cross, and their area is that of the pixels of the regions kept."""
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.standard_normal((90, 120)), rng.uniform(1.0, 6.0))
    wire = gf.Wire.silhouette(noise > 0.3 * np.std(noise), "x", bounds=(0.0, 120.0, 0.0, 90.0), specks=0.02)
    inside = regions((noise > 0.3 * np.std(noise)).astype(float)[::-1], 0.5, "light on dark" in wire.about, False, 0.02)
    assert len(inside.loops) == len(wire.curves)
    rough = sum(abs(float(np.sum(p[:, 0] * np.roll(p[:, 1], -1) - p[:, 1] * np.roll(p[:, 0], -1)))) / 2 for p in inside.loops)
    assert sum(map(abs, areas(wire))) == pytest.approx(rough, rel=0.02)


def test_diagonal_pixels_do_not_touch():
    wire = gf.Wire.silhouette(np.kron(CORNERS[:6, :6], np.ones((20, 20))) > 0, "x", smooth=0.0)
    assert len(wire.curves) == 6


# ------------------------------------------------------------------------------------------------------- real pictures


def test_the_horse():
    picture = skimage.data.horse()  # black on white
    wire = gf.Wire.silhouette(picture, "x*y", bounds=(0.0, 400.0, 0.0, 328.0))
    assert "dark on light" in wire.about and "1 region, 1 pinhole filled" in wire.about
    horse = ndimage.binary_fill_holes(~picture)
    assert wire.shadow.area == pytest.approx(np.sum(horse), rel=1e-3)
    rows, columns = np.nonzero(horse)
    box = (columns.min(), columns.max() + 1, 328 - rows.max() - 1, 328 - rows.min())
    assert wire.bounds == pytest.approx(box, abs=2.0)  # an ear's tip loses two pixels
    film = gf.soap_film(wire, n=257)
    run = gf.relax(film.flow, film.start)
    assert run.status == "at rest" and run.energy[-1] > np.sum(horse)


def test_the_coins_are_24():
    """Each coin a wire: none is lost, split or joined to another, and each is round."""
    picture = skimage.data.coins()
    wire = gf.Wire.silhouette(picture, "0", level="edges", specks=0.1, bounds=(0.0, 384.0, 0.0, 303.0))
    assert len(wire.curves) == 24 and "24 regions" in wire.about
    for loop in wire.curves:
        x, y = loop[:, 0], loop[:, 1]
        area = 0.5 * abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
        around = np.sum(np.hypot(x - np.roll(x, 1), y - np.roll(y, 1)))
        assert 1000.0 < area < 3300.0
        assert 4.0 * np.pi * area / around**2 > 0.9  # 1 for a circle
    rows = np.sort([303.0 - loop[:, 1].mean() for loop in wire.curves]).reshape(4, 6)
    assert np.all(np.ptp(rows, axis=1) < 30.0) and np.all(np.diff(rows.mean(axis=1)) > 50.0)  # four rows of six
    plain = gf.Wire.silhouette(picture, "0", specks=0.1)  # one grey level for all is not enough in this light
    assert "closed along the edge" in plain.about  # the light corner is taken for a coin, and a dark coin is lost


def test_a_notch_that_no_grid_follows_is_told_with_what_helps():
    """By one grey level two coins at the edge are one, but for a notch of a ninth of a pixel; by their edges they are two."""
    picture = skimage.data.coins()
    with pytest.raises(gf.BadInput, match=r"may take n = 5900 or more: .* smooth more, or cut it at another level") as error:
        gf.soap_film(gf.Wire.silhouette(picture, "0"), 1025)
    assert "larger n" not in str(error.value)
    assert gf.soap_film(gf.Wire.silhouette(picture, "0", level="edges", specks=0.1), 257).grid.cut is not None


def test_an_edge_is_found_in_uneven_light():
    """A disc of 0.4 on a ground that goes from 0 to 0.5: no level parts them, and its edge is found to a pixel."""
    picture = X / 400.0 + 0.4 * drawn(disc(35.0, 130.0, 75.0), 2.0)
    wire = gf.Wire.silhouette(picture, "0", level="edges", bounds=PIXELS)
    (loop,) = wire.curves
    assert np.max(np.abs(np.hypot(loop[:, 0] - 130.0, loop[:, 1] - 75.0) - 35.0)) < 1.2
    assert "along its steepest edges" in wire.about


# ------------------------------------------------------------------------------------------------------------ contours


def field(nx=81, ny=61):
    x, y = np.meshgrid(np.linspace(-2.0, 2.0, nx), np.linspace(-1.5, 1.5, ny))
    return x, y, (-2.0, 2.0, -1.5, 1.5)


def test_the_contour_of_a_paraboloid_is_a_circle_to_second_order():
    errors = []
    for n in (21, 41, 81, 161):
        x, y, bounds = field(n, (3 * n + 1) // 4)
        wire = gf.Wire.contour(x * x + y * y, 1.0, bounds)
        errors.append(abs(wire.shadow.area / np.pi - 1.0))
        assert "where field is below 1: 1 region" in wire.about
        assert np.all(wire.shadow.points[:, 2] == 1.0)
    assert abs(np.polyfit(np.log([20, 40, 80, 160]), np.log(errors), 1)[0] + 2.0) < 0.15


def test_sides_of_a_level_and_all_regions():
    x, y, bounds = field()
    hills = np.exp(-8 * ((x - 1) ** 2 + y**2)) + 0.9 * np.exp(-8 * ((x + 1) ** 2 + y**2))
    wire = gf.Wire.contour(hills, 0.5, bounds)
    assert "above 0.5: 1 region, 1 other region left out" in wire.about and wire.bounds[0] > 0.0
    assert wire.shadow.area == pytest.approx(np.pi * np.log(2.0) / 8.0, rel=2e-2)
    both = gf.Wire.contour(hills, 0.5, bounds, largest=False)
    assert len(both.curves) == 2
    below = gf.Wire.contour(hills, 0.5, bounds, side="below")
    assert "2 holes" in below.about and "closed along the edge" in below.about and below.bounds == bounds
    assert below.shadow.area == pytest.approx(12.0 - both.shadow.area, rel=1e-12)


def test_a_level_on_the_nodes_is_no_trouble():
    """Whole-number heights, as maps have them, with plateaus on the level itself."""
    x, y, bounds = field()
    steps = np.round(5.0 * np.exp(-(x**2) - y**2))
    for level in (1.0, 2.0, 3.0, 4.0):
        wire = gf.Wire.contour(steps, level, bounds)
        on = np.sum(steps > level) * 0.05 * 0.05
        assert on < wire.shadow.area < 1.5 * on
    pass_on_a_node = gf.Wire.contour(x * x - y * y, 0.0, bounds, side="above", largest=False)
    assert len(pass_on_a_node.curves) == 2  # which would touch there


def test_the_film_over_a_contour_starts_as_the_field_and_ends_flat():
    x, y, bounds = field()
    film = gf.soap_film(gf.Wire.contour(x * x + 2 * y * y, 1.0, bounds), n=65)
    inside = film.grid.cut.inside
    px, py = film.grid.points
    np.testing.assert_allclose(film.start[inside], (px * px + 2 * py * py)[inside], rtol=0, atol=3e-3)
    run = gf.relax(film.flow, film.start)
    np.testing.assert_allclose(run.x[inside], 1.0, rtol=0, atol=1e-6)
    assert run.energy[-1] == pytest.approx(film.wire.shadow.area, rel=1e-4)
    with_height = gf.Wire.contour(x * x + 2 * y * y, 1.0, bounds, "grey + x")
    np.testing.assert_allclose(with_height.shadow.points[:, 2], 1.0 + with_height.shadow.points[:, 0], rtol=0, atol=2e-3)


def test_contours_of_the_terrain():
    """The highest ridge of the Jacksboro model above 880 m, and the valley below 320 m, which goes on beyond the map."""
    terrain = gf.Wire.named("terrain")
    heights, (x0, x1, y0, y1) = terrain.start.heights, terrain.bounds
    cell = (x1 - x0) / (heights.shape[1] - 1) * (y1 - y0) / (heights.shape[0] - 1)
    summit = gf.Wire.contour(terrain, 880.0)
    largest = max(regionprops(label(heights > 880.0, connectivity=1)), key=lambda r: r.area)
    assert summit.shadow.area == pytest.approx(largest.area * cell, rel=0.1)  # nodes counted are as good as that
    assert "above 880: 1 region, 16 other regions left out" in summit.about
    assert np.all(summit.shadow.points[:, 2] == 880.0)
    between = terrain.height(summit.shadow.points[:, 0], summit.shadow.points[:, 1])
    assert np.max(np.abs(between - 880.0)) < 12.0  # straight within a cell, where the model is bilinear
    for level in (300.0, 320.0, 340.0, 400.0):  # what is closed along the map's edge does not run back over itself
        assert "smoothed over" in gf.Wire.contour(terrain, level, side="below", smooth=1.0).about
    valley = gf.Wire.contour(terrain, 320.0, side="below", smooth=2.0)
    assert "closed along the edge" in valley.about and "2 holes" in valley.about
    film = gf.soap_film(valley, n=193)
    run = gf.relax(film.flow, film.start)
    assert run.energy[-1] == pytest.approx(valley.shadow.area, rel=1e-3)
    assert run.energy[-1] < run.energy[0]


BAD_CONTOURS = [
    ((np.zeros((9, 9)), 0.0), "nothing is"),
    ((np.zeros(9), 0.0), "field"),
    (("nowhere.npy", 0.0), "nowhere"),
    ((gf.Wire.formula("x"), 0.0), "field"),
    ((np.full((9, 9), np.nan), 0.0), "not finite"),
    ((np.eye(9), np.inf), "level"),
    ((np.eye(9), "high"), "level"),
    ((np.eye(9), 7.0), "values go from 0 to 1"),
    ((np.eye(9), 0.5, (0.0, 1.0)), "bounds"),
    ((gf.Wire.named("terrain"), 500.0, (0.0, 1.0, 0.0, 1.0)), "brings its own"),
]


@pytest.mark.parametrize(("arguments", "why"), BAD_CONTOURS, ids=range(len(BAD_CONTOURS)))
def test_fields_that_have_no_contour(arguments, why):
    with pytest.raises(gf.BadInput, match=why) as error:
        gf.Wire.contour(*arguments)
    assert "\n" not in str(error.value)
    with pytest.raises(gf.BadInput, match="side"):
        gf.Wire.contour(np.eye(9), 0.5, side="left")


def test_noisy_pictures_are_told_of_edges_and_smoothing(tmp_path, capsys):
    y, x = np.mgrid[0:300, 0:400]
    grey = np.where((x - 200) ** 2 + (y - 150) ** 2 < 100**2, 0.3, 0.7) + 0.2 * np.random.default_rng(0).standard_normal(x.shape)
    path = tmp_path / "blob.png"
    skimage.io.imsave(path, (255 * np.clip(grey, 0.0, 1.0)).astype(np.uint8), check_contrast=False)
    given = ["film", "--outline", str(path), "--height", "x*y", "--relax"]
    assert main([*given, "-n", "513"]) == 2
    said = capsys.readouterr().err
    assert "take a larger n; if the picture is noisy: --level edges, or a larger smooth of Wire.silhouette in Python" in said
    assert main([*given, "-n", "65", "--level", "edges"]) == 0
    assert "so many specks" not in capsys.readouterr().out
    assert "so many specks are noise: the level edges" in gf.Wire.silhouette(path, "x*y").about
    options = argparse.Namespace(outline=str(path), level="edges")
    refusal = TooCoarse("wire", "narrow", "take a larger n", (0.0, 0.0))
    assert "--level" not in of_picture(refusal, options).remedy and "smooth" in of_picture(refusal, options).remedy
    assert of_picture(refusal, argparse.Namespace(outline="disc", level=None)) is refusal
