"""The house stands: imports point down its floors, `import geoflow` is cheap, and nothing executes text.

Modules are read, not imported, so an import inside a function counts like any other. Imports under ``if TYPE_CHECKING:``
name types only and may point anywhere. One door leads up, `geoflow.easel`, through which
methods have drawn what they are methods of.
"""

import ast
import inspect
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import geoflow as gf

ROOT = Path(gf.__file__).parent

# A module or package, and the floor it stands on. One that is not here yet is an error: choose its floor.
FLOORS = {
    "protocols": 0, "errors": 0, "easel": 0,
    "exact": 1, "io": 1, "solvers": 1, "formula": 1, "trajectory": 1, "ledger": 1,
    "domains": 2, "checks": 2, "progress": 2,
    "energies": 3, "metrics": 3, "flow": 3, "monitor": 3, "contact": 3, "derivative_check": 3,
    "steppers": 4, "films": 4, "starts": 4, "pace": 4, "escape": 4, "endings": 4,
    "march": 5, "checkpoints": 5, "fingerprint": 5, "fields": 5,
    "recording": 6, "evolution": 6,
    "relaxation": 7,
    "nested_films": 8, "detached": 8, "extrapolate": 8, "spectra": 8, "points": 8,
    "viz": 9,
    "verify": 10, "saving": 10,
    "cli": 11,
    "__main__": 12,
}  # fmt: skip
FRONT_DOOR = 9  # `import geoflow as gf` brings everything up to here: only what stands higher may come in by it
SIBLINGS = {
    ("trajectory", "ledger"),
    ("trajectory", "io"),
    ("protocols", "errors"),
    ("evolution", "recording"),
    ("films", "starts"),
    ("endings", "escape"),
    ("detached", "nested_films"),
    ("extrapolate", "nested_films"),
    ("extrapolate", "detached"),
}  # (importer, imported) on one floor

DOORS = {("easel", "viz")}  # (importer, imported) upwards, when called: what a person types to see a thing

LONGEST = 300
LONG = {"formula/reader.py": "one grammar: a parser cut in two is harder to trust"}

FORBIDDEN = {"eval", "exec", "compile", "__import__", "pickle", "dill", "marshal", "shelve", "sympify", "parse_expr"}


class Import(NamedTuple):
    module: str  # dotted, absolute
    line: int
    types_only: bool


def _is_type_checking(node):
    test = node.test
    return isinstance(node, ast.If) and "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


def imports(source, module="geoflow.module", is_package=False):
    """Every module that a source imports; ``from a import b`` counts as a.b, since b may be a module."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    found = []

    def visit(node, types_only):
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, node.lineno, types_only) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found.extend(Import(f"{base}.{alias.name}", node.lineno, types_only) for alias in node.names)
        elif isinstance(node, ast.Call) and "import_module" in (getattr(node.func, "id", ""), getattr(node.func, "attr", "")):
            found.append(Import(_named(node.args[0]) if node.args else "geoflow.<computed>", node.lineno, types_only))
        if isinstance(node, ast.If) and _is_type_checking(node):
            for child in node.body:
                visit(child, True)
            for child in node.orelse:
                visit(child, types_only)
            return
        for child in ast.iter_child_nodes(node):
            visit(child, types_only)

    visit(ast.parse(source), False)
    return found


def _named(argument):
    """The module that import_module is given; of an f-string the package that its beginning names."""
    if isinstance(argument, ast.Constant):
        return argument.value
    first = argument.values[0] if isinstance(argument, ast.JoinedStr) and argument.values else None
    beginning = first.value.rpartition(".")[0] if isinstance(first, ast.Constant) else ""
    return f"{beginning or 'geoflow'}.<computed>"


def wrongs(source, module, is_package=False, floors=FLOORS):
    """What is wrong with the imports of a module, a sentence each."""
    here = module.split(".")[1] if module.count(".") else None
    if here is not None and here not in floors:
        return [f"{module} stands on no floor: give it one in tests/test_architecture.py"]
    said = []
    for name, line, types_only in imports(source, module, is_package):
        if types_only or name.split(".")[0] != "geoflow":
            continue
        there = name.split(".")[1] if name.count(".") else None
        where = f"{module}, line {line}, imports {name}"
        if name == "geoflow.__version__":
            continue
        if here is None:
            said += [] if there == "<computed>" else [f"{where}: the front door is lazy"]
        elif there is None or there in gf.__all__:
            said += [] if floors[here] > FRONT_DOOR else [f"{where}: the front door is above floor {floors[here]}"]
        elif there not in floors:
            said.append(f"{where}: name the module it lives in")
        elif (here, there) in DOORS:
            continue
        elif there != here and floors[there] > floors[here]:
            said.append(f"{where}: up from floor {floors[here]} to floor {floors[there]}")
        elif there != here and floors[there] == floors[here] and (here, there) not in SIBLINGS:
            said.append(f"{where}: siblings on floor {floors[here]}")
    return said


def misuses(source):
    """Names in a source by which text or a pickle could be executed."""
    said = []
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [part for alias in node.names for part in alias.name.split(".")]
            names += (getattr(node, "module", None) or "").split(".")
        elif isinstance(node, ast.Name):
            names = [node.id]
        elif isinstance(node, ast.Attribute):
            names = [node.attr] if node.attr != "compile" else []  # re.compile
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            fine = isinstance(node.value, ast.Constant) and node.value.value is False
            names = [] if fine else ["pickle"]
        said += [f"line {getattr(node, 'lineno', 0)}: {name}" for name in names if name in FORBIDDEN]
    return said


def modules():
    """(dotted name, is it a package, path) of every module."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = list(path.relative_to(ROOT.parent).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        yield ".".join(parts[:-1] if is_package else parts), is_package, path


MODULES = list(modules())
each_module = pytest.mark.parametrize(("module", "is_package", "path"), MODULES, ids=[m for m, _, _ in MODULES])


@each_module
def test_imports_point_down(module, is_package, path):
    assert wrongs(path.read_text(encoding="utf-8"), module, is_package) == []


@each_module
def test_nothing_executes_text(module, is_package, path):
    source = path.read_text(encoding="utf-8")
    assert misuses(source) == []
    assert "allow_pickle=True" not in source.replace(" ", "")


@each_module
def test_only_solvers_solves(module, is_package, path):
    found = [i for i in imports(path.read_text(encoding="utf-8"), module, is_package) if not i.types_only]
    sparse_solver = [i.line for i in found if f"{i.module}.".startswith("scipy.sparse.linalg.")]
    assert module.startswith("geoflow.solvers.") or not sparse_solver


def test_somebody_solves():
    """So that the test above looks for something that exists."""
    source = (ROOT / "solvers" / "linear.py").read_text(encoding="utf-8")
    assert "scipy.sparse.linalg" in [i.module for i in imports(source)]


def test_kernels_are_compiled_in_one_way():
    """So that each of them runs where its machine code cannot be kept."""
    users = {m for m, is_package, path in MODULES if "numba" in {i.module for i in imports(path.read_text(), m, is_package)}}
    assert users == {"geoflow.solvers.kernels"}


def test_io_speaks_arrays_only():
    for module, is_package, path in MODULES:
        if module.startswith("geoflow.io"):
            inner = [i.module for i in imports(path.read_text(), module, is_package) if f"{i.module}.".startswith("geoflow.")]
            assert {name.split(".")[1] for name in inner} <= {"errors", "io"}, module


def test_nobody_below_it_draws():
    for module, is_package, path in MODULES:
        here = module.partition(".")[2].split(".")[0]
        if FLOORS.get(here, 0) < FLOORS["viz"] and (here, "viz") not in DOORS:
            drawn = [i for i in imports(path.read_text(), module, is_package) if f"{i.module}.".startswith("geoflow.viz.")]
            assert [i for i in drawn if not i.types_only] == [], module


def test_every_floor_is_in_use_or_to_come():
    built = {module.split(".")[1] for module, _, _ in MODULES if "." in module}
    assert set(FLOORS) - built <= {"verify", "cli", "__main__"}


def test_modules_are_short():
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for _, _, path in MODULES}
    assert {name: n for name, n in lengths.items() if n > LONGEST and name not in LONG} == {}
    assert all(lengths[name] > LONGEST for name in LONG)  # an exception that is no longer needed goes
    assert 20 <= statistics.median(lengths.values()) <= 120


def test_the_door_upwards_is_opened_when_called():
    for here, there in DOORS:
        tree = ast.parse((ROOT / f"{here}.py").read_text())
        outside = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
        assert not any(there in i.module for i in imports(ast.unparse(ast.Module(outside, [])), f"geoflow.{here}"))
        assert child(f"import sys, geoflow.{here}; print(*sys.modules)") & {"matplotlib", "pyvista", f"geoflow.{there}"} == set()


# --------------------------------------------------------------------------------------------------- the front door


def child(code):
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT.parent, check=True)
    return set(run.stdout.split())


def test_importing_geoflow_is_cheap():
    heavy = {"numba", "scipy", "skimage", "matplotlib", "pyvista", "vtk", "vtkmodules", "sympy", "rich"}
    assert child("import sys, geoflow; dir(geoflow); print(*sys.modules)") & heavy == set()
    assert "numba" in child("import sys, geoflow; geoflow.GraphArea; print(*sys.modules)")  # it would have been seen


def test_flowing_a_film_draws_nothing():
    code = "import sys, geoflow as gf; f = gf.soap_film(gf.Wire.named('scherk'), n=9); gf.evolve(f.flow, f.start, 0.1)"
    assert child(f"{code}; print(*sys.modules)") & {"matplotlib", "pyvista", "vtkmodules"} == set()


def test_the_public_names_are_the_list():
    assert set(gf.__all__) == set(gf._HOMES)
    assert len(gf.__all__) == len(set(gf.__all__))
    assert dir(gf) == sorted(gf.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        gf.nothing  # noqa: B018


@pytest.mark.parametrize("name", gf.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name):
    thing = getattr(gf, name)
    assert thing.__name__ == name
    assert f"{thing.__module__}.".startswith(f"geoflow.{gf._HOMES[name]}.")  # or in a module of that package
    doc = inspect.getdoc(thing)
    assert doc
    assert not doc.startswith(f"{name}(")  # what dataclass writes where nobody did


def test_type_checkers_see_the_same_names():
    """The lazy list and the imports under TYPE_CHECKING say the same."""
    found = [i for i in imports((ROOT / "__init__.py").read_text(), "geoflow", True) if i.types_only and "geoflow" in i.module]
    assert {i.module for i in found} == {f"geoflow.{home}.{name}" for name, home in gf._HOMES.items()}


# ------------------------------------------------------------------------------------------- the tests of these tests

PLANTED = {
    "up": ("from geoflow.march import march", "up from floor 3"),
    "up, in a function": ("def f():\n    from geoflow.films import Film\n", "up from floor 3"),
    "up, in a try": ("try:\n    import geoflow.films\nexcept ImportError:\n    pass", "up from floor 3"),
    "up, by its package": ("from geoflow import evolution", "up from floor 3"),
    "up, relative": ("from ..steppers import stage", "up from floor 3"),
    "up, relative package": ("from .. import films", "up from floor 3"),
    "up, by name": ("import importlib\nimportlib.import_module('geoflow.viz')", "up from floor 3"),
    "up, in the other branch": ("if TYPE_CHECKING:\n    pass\nelse:\n    import geoflow.films", "up from floor 3"),
    "computed": ("from importlib import import_module\nimport_module('geo' + 'flow.viz')", "name the module"),
    "computed, in a package": ("from importlib import import_module\nimport_module(f'geoflow.viz.{name}')", "up from floor 3"),
    "half computed": ("from importlib import import_module\nimport_module(f'geoflow.v{name}')", "name the module"),
    "sideways": ("from geoflow.metrics import L2", "siblings on floor 3"),
    "the front door": ("import geoflow as gf", "front door"),
    "a public name": ("from geoflow import relax", "front door"),
    "the version and more": ("from geoflow import __version__, steps", "front door"),
    "to draw": ("class A:\n    def plot(self):\n        from geoflow.viz.films import draw_film\n", "up from floor 3"),
    "nowhere": ("from geoflow.nowhere import x", "name the module"),
}


@pytest.mark.parametrize("case", PLANTED)
def test_planted_imports_are_found(case):
    source, why = PLANTED[case]
    said = wrongs(source, "geoflow.energies.planted")
    assert len(said) == 1
    assert why in said[0]


FINE = [
    "from geoflow.domains.grid import Grid",
    "from geoflow.energies import corner",
    "from . import corner\nfrom .corner import area_rows\nfrom ..errors import BadInput",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from geoflow.films import Film",
    "import typing\nif typing.TYPE_CHECKING:\n    import geoflow.cli",
    "import numpy as np\nfrom scipy import sparse\n'import geoflow.films'",
]


@pytest.mark.parametrize("source", FINE)
def test_proper_imports_pass(source):
    assert wrongs(source, "geoflow.energies.planted") == []


def test_planted_modules_and_doors_are_found():
    assert "no floor" in wrongs("", "geoflow.spare_room")[0]
    assert "lazy" in wrongs("from geoflow.grid import Grid", "geoflow", True)[0]
    assert wrongs("from geoflow.ledger import Ledger", "geoflow.trajectory") == []
    assert wrongs("import geoflow as gf\nfrom geoflow import relax, __version__", "geoflow.cli.film") == []
    assert "siblings" in wrongs("from geoflow.trajectory import Record", "geoflow.ledger")[0]


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "exec(text)",
        "f = eval",
        "compile(t, '', 'exec')",
        "import pickle",
        "from pickle import loads",
        "__import__('os')",
        "np.load(f, allow_pickle=True)",
        "np.load(f, allow_pickle=flag)",
        "sympy.sympify(t)",
        "from sympy.parsing.sympy_parser import parse_expr",
    ],
)
def test_planted_misuses_are_found(source):
    assert len(misuses(source)) >= 1


def test_harmless_look_alikes_pass():
    assert misuses("import re, ast\nre.compile('x')\nast.parse(t, mode='eval')\nnp.load(f, allow_pickle=False)\nt_eval = 3") == []
