"""Where a command runs: full and read-only disks, no home, no place for compiled kernels, an ASCII locale, closed streams, other
processes beside it. Each ends with an exit status and at most one line; what was there before stays, and nothing is left behind.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numba
import numpy as np
import pytest

import geoflow as gf
from geoflow.cli import outputs
from geoflow.cli.main import main
from geoflow.cli.streams import Unheard
from geoflow.io.lock import locked

ROOT = Path(gf.__file__).parents[1]
FILM = ["film", "saddle", "-n", "9", "--until", "0.05"]
POINT = ["point", "x**2 + y**2/2", "--from", "1,1", "--until", "1"]
NUMBERS = [".json", ".vtp", ".obj", ".ply", ".stl", ".csv", ".pvd"]
DRAWINGS = [".png", ".pdf", ".gif", ".html"]
PAGE = 4096

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="file systems and streams as Linux has them")


# ---- disks ------------------------------------------------------------------------------------------------------------------


class Disk:
    """A folder in which there is only so much room, or that is read-only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, room: int) -> None:
        """Leave so many bytes."""
        with (self.folder / "filler").open("wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while file.write(bytes(PAGE)):
                    pass
            file.truncate(max(file.tell() - room, 0))

    def lock(self) -> None:
        subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)

    def state(self) -> dict[str, bytes | None]:
        """Every file's bytes, and every folder."""
        found = {str(p.relative_to(self.folder)): p.read_bytes() if p.is_file() else None for p in self.folder.rglob("*")}
        found.pop("filler", None)
        return found


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of half a MiB in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=755", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a file system can be mounted by root only")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextlib.contextmanager
def small_files(size: int) -> Iterator[None]:
    """No file may be longer: the way to run out of room that needs no rights."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fails(arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(arguments) == status
    stdout, stderr = capsys.readouterr()
    assert stdout == "" and stderr.count("\n") == 1 and said in stderr, stderr


def old_files_stay(
    kinds: list[str], folder: Path, state: Callable[[], object], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each kind of file of a film and of a point in turn; it is there already."""
    before = state()
    for kind in kinds:
        fails([*FILM, "--quiet", "-o", str(folder / f"film{kind}")], 1, said, capsys)
        if kind in (".json", ".csv", ".png", ".html"):
            fails([*POINT, "--quiet", "-o", str(folder / f"point{kind}")], 1, said, capsys)
        assert state() == before, kind


def results(folder: Path, kinds: list[str]) -> None:
    """What an earlier run left; its series of frames has more of them than the next one will have."""
    for kind in kinds:
        for name in ("film", "point"):
            (folder / f"{name}{kind}").write_text("old")
    if ".pvd" in kinds:
        main(["film", "saddle", "-n", "5", "--until", "2", "--dt", "0.1", "--quiet", "-o", str(folder / "film.pvd")])
        assert (folder / "film_frames" / "0009.vtp").exists()


@linux
@pytest.mark.parametrize("kinds", [NUMBERS, [".png"], pytest.param(DRAWINGS, marks=pytest.mark.slow)], ids=" ".join)
def test_a_full_disk(kinds: list[str], disk: Disk, capsys: pytest.CaptureFixture[str]) -> None:
    """At the first byte; and in the middle, for what is longer than a page."""
    results(disk.folder, kinds)
    disk.fill(0)
    old_files_stay(kinds, disk.folder, disk.state, "No space left on device", capsys)
    if ".png" not in kinds:
        disk.fill(PAGE)
        for kind in (".vtp", ".ply", ".pvd"):
            before, path = disk.state(), str(disk.folder / f"film{kind}")
            fails([*FILM, "-n", "33", "--dt", "0.01", "--quiet", "-o", path], 1, "No space left on device", capsys)
            assert disk.state() == before, kind


@pytest.mark.parametrize("kinds", [NUMBERS, pytest.param(DRAWINGS, marks=pytest.mark.slow)], ids=" ".join)
def test_files_that_may_be_no_longer(kinds: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results(tmp_path, kinds)
    for arguments in (FILM, POINT):  # imports may write caches, which the limit below would cut too
        for kind in kinds if arguments is FILM else (".json", ".html") if ".html" in kinds else (".json",):
            main([*arguments, "--quiet", "-o", str(tmp_path / f"first{kind}")])
    with small_files(40):
        old_files_stay(kinds, tmp_path, Disk(tmp_path).state, "File too large", capsys)


@linux
@pytest.mark.parametrize("kinds", [NUMBERS, pytest.param(DRAWINGS, marks=pytest.mark.slow)], ids=" ".join)
def test_a_read_only_disk(kinds: list[str], disk: Disk, capsys: pytest.CaptureFixture[str]) -> None:
    results(disk.folder, kinds)
    disk.lock()
    old_files_stay(kinds, disk.folder, disk.state, "ead-only", capsys)
    for new in ("new/out", "."):
        fails([*FILM, "--out", str(disk.folder / new)], 2, "Read-only file system", capsys)
    fails([*FILM, "--checkpoint", str(disk.folder / "run.gfc")], 2, "Read-only file system", capsys)


@linux
def test_a_disk_without_room_for_a_run(disk: Disk, capsys: pytest.CaptureFixture[str]) -> None:
    """No directory, no lock, no checkpoint is left; with room for those, what is whole by then."""
    for room in (0, PAGE):
        disk.fill(room)
        out, kept = str(disk.folder / "new" / "out"), str(disk.folder / "run.gfc")
        fails([*FILM, "--checkpoint", kept], 2, "No space left on device", capsys)
        assert disk.state() == {}
        status, where = (2, "--out = ") if room == 0 else (1, "cannot write ")
        fails([*FILM, "--out", out, "--quiet"], status, f"{where}{out}", capsys)
        assert disk.state() == ({} if room == 0 else {"new": None, "new/out": None})


@linux
@pytest.mark.slow
def test_a_disk_that_fills_while_a_film_is_drawn_live(disk: Disk, capsys: pytest.CaptureFixture[str]) -> None:
    """The run goes on to its end, and its numbers go where there is room."""
    picture, numbers = disk.folder / "film.png", disk.folder.parent / "film.json"
    picture.write_text("old")
    disk.fill(0)
    assert main([*FILM, "--quiet", "--live", str(picture), "-o", str(numbers)]) == 1
    stderr = capsys.readouterr().err
    assert stderr.count("no more pictures while the film flows") == 1 and stderr.count("\n") == 2
    assert json.loads(numbers.read_text())["status"] == "reached t_end" and disk.state() == {"film.png": b"old"}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # numpy 1.26 leaves its archive open
def test_a_run_and_its_checkpoint_on_a_full_disk(disk: Disk) -> None:
    """In Python too: what was saved before stays, and the run says what it could not keep."""
    flow = gf.GradientFlow(gf.Potential("x**2 + y**2/2"), gf.Euclidean())
    whole = gf.evolve(flow, [1.0, 1.0], 2.0, rtol=1e-5)
    saved, path = disk.folder / "run.npz", disk.folder / "run.gfc"
    saved.write_text("old")
    disk.fill(3 * PAGE)
    run = gf.evolve(flow, [1.0, 1.0], 2.0, rtol=1e-5, checkpoint=gf.Checkpoint(path, 0.0))
    assert run.x.tobytes() == whole.x.tobytes() and "No space left on device" in run.message
    half = gf.evolve(flow, [1.0, 1.0], 2.0, rtol=1e-5, resume=path)
    assert half.x.tobytes() == whole.x.tobytes()
    with pytest.raises(gf.GeoflowError, match=r"cannot write .*run\.npz: No space left on device"):
        run.save(saved)
    assert set(disk.state()) == {"run.npz", "run.gfc"} and saved.read_text() == "old"


def test_a_file_that_fails_costs_no_other(tmp_path: Path) -> None:
    """What comes after it is written before it is told; two pictures that fail are both named, but numbers come first."""

    def drawn(path: Path, results: object) -> None:
        if "bad" in path.name:
            raise OSError(28, "No space left on device")
        path.write_text("drawn")

    def counted(path: Path, results: dict) -> None:
        path.write_text(json.dumps(results))

    names, summary = ["a.json", "bad.png", "good.png", "bad.html", "good.html"], {"area": 1.5}
    with pytest.raises(gf.GeoflowError) as caught:
        targets = [(tmp_path / name, counted if name == "a.json" else drawn) for name in names]
        outputs.tell(outputs.write(targets, summary, summary))
    written = [str(tmp_path / name) for name in names if "bad" not in name]
    assert summary == {"area": 1.5, "files": written} == json.loads((tmp_path / "a.json").read_text())
    bad = f"{tmp_path / 'bad.png'} and {tmp_path / 'bad.html'}"
    assert f"all other results are written, but {bad} could not be drawn: [Errno 28]" in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "good.html", "good.png"]
    failed = outputs.write([(tmp_path / name, drawn) for name in ("bad.html", "bad.json", "b.csv", "b.png")], None, {})
    assert (
        {path.name for path in failed} == {"bad.html", "bad.json"}
        and (tmp_path / "b.csv").exists()
        and (tmp_path / "b.png").exists()
    )
    with pytest.raises(OSError, match="No space left"):
        outputs.tell(failed)


@linux
@pytest.mark.parametrize("command", [FILM, POINT], ids=["film", "point"])
def test_what_a_full_disk_does_not_take_is_said_all_the_same(
    command: list[str], disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    """The numbers are printed, with the file that was written, where there is room, and without the other."""
    disk.fill(0)
    kept, lost = disk.folder.parent / "kept.json", disk.folder / "lost.json"
    assert main([*command, "--json", "-o", str(lost), "-o", str(kept)]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["files"] == [str(kept)] and "No space left on device" in told.err
    assert kept.exists() and not lost.exists()
    assert main([*command, "-o", str(lost)]) == 1
    told = capsys.readouterr()
    assert "reached t_end" in told.out and "wrote" not in told.out and "No space left on device" in told.err


# ---- other processes --------------------------------------------------------------------------------------------------------


def started(arguments: list[str], **more: object) -> subprocess.Popen[str]:
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **more}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **given.pop("env", {})}
    return subprocess.Popen([sys.executable, "-m", "geoflow", *arguments], env=environment, **given)


def test_two_commands_at_once(tmp_path: Path) -> None:
    """Into one directory: whichever comes second is refused; the other is not disturbed, and the place is free afterwards."""
    command = [*FILM, "--dt", "1e-7", "--out", str(tmp_path / "out")]  # for minutes, if nobody ends it
    both = [started(command) for _ in range(2)]
    try:
        deadline = time.monotonic() + 100.0
        while all(process.poll() is None for process in both) and time.monotonic() < deadline:
            time.sleep(0.05)
        refused, other = sorted(both, key=lambda process: process.poll() is None)
        said = f"another run (process {other.pid}) is writing there: wait for it, or give another\n"
        assert refused.communicate(timeout=10)[1] == f"geoflow: --out = {tmp_path / 'out'}: {said}"
        assert refused.returncode == 2 and other.poll() is None
    finally:
        for process in both:
            process.kill()
            process.communicate()
    with locked(tmp_path / "out" / outputs.LOCK, "--out", "out"):
        pass


def test_what_killed_series_left_is_swept(tmp_path: Path) -> None:
    """A folder of half a series too."""
    from geoflow.io.atomic import atomic_folder, sweep

    path, folder = tmp_path / "film.pvd", tmp_path / "film_frames"
    with pytest.raises(KeyboardInterrupt), atomic_folder(folder, "*.vtp", path) as new:
        shutil.copytree(new, new.with_name(f"{new.name[:-1]}g"))  # as it would lie there
        raise KeyboardInterrupt
    assert len(list(tmp_path.iterdir())) == 1
    sweep(path)
    assert list(tmp_path.iterdir()) == []


@linux
def test_children_of_every_kind_come_to_the_same_bits() -> None:
    """Forked from a process whose threads have worked, also while one of them holds a lock; spawned; from a server of forks."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GEOFLOW_THREADS": "2"}
    command = [sys.executable, "-m", "tests.errors.processes"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {"fork", "spawn", "forkserver"} < set(found) and len(set(found.values())) == 1


# ---- homes and caches -------------------------------------------------------------------------------------------------------

MODULE = """
from geoflow.solvers.kernels import kernel

@kernel
def triple(x):
    return 3.0 * x
"""


def triple(path: Path) -> numba.core.dispatcher.Dispatcher:
    """The kernel, as a process that has just been started has it; called once."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.triple(2.0) == 6.0
    return module.triple


def hits(path: Path) -> int:
    return sum(triple(path).stats.cache_hits.values())


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The source of a kernel whose machine code is kept in the folder ``cache`` beside it."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "module_with_a_kernel.py"
    path.write_text(MODULE)
    return path


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_kept_kernels_that_are_cut_short_are_compiled_anew(suffix: str, module: Path) -> None:
    assert [hits(module), hits(module)] == [0, 1]
    for length in (0, 1, 40):
        (path,) = module.parent.rglob(f"*{suffix}")
        path.write_bytes(path.read_bytes()[:length])
        assert [hits(module), hits(module)] == [0, 1]  # and kept again


@linux
def test_kernels_on_a_full_disk(disk: Disk, module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(disk.folder / "cache"))
    (disk.folder / "cache").mkdir()
    disk.fill(PAGE)
    assert [hits(module), hits(module)] == [0, 0]
    assert all(kept is None or name.endswith(".nbi") for name, kept in disk.state().items())
    (disk.folder / "filler").unlink()
    assert [hits(module), hits(module)] == [0, 1]


HOMELESS = """
import numpy as np
import geoflow as gf
from geoflow.cli.doctor import doctor
from geoflow.solvers.sums import dot
print(gf.__file__, dot(np.arange(3.0), np.ones(3)))
doctor()
"""


def without_home(**more: str) -> dict[str, str]:
    """An environment with next to nothing in it: a home in which not even root can write."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": "/dev/null/home", **more}


def test_a_package_beside_which_nothing_can_be_kept(tmp_path: Path) -> None:
    """Nor in a home: kernels are compiled in every process, and the doctor says so."""
    package = shutil.copytree(ROOT / "geoflow", tmp_path / "geoflow", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (folder / "__pycache__").touch()  # a file where a folder would be made, which stops root too
    environment = without_home(PYTHONPATH=str(tmp_path))
    command = [sys.executable, "-c", HOMELESS]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, *_ = lines = done.stdout.splitlines()
    assert str(package) in first and first.endswith(" 3.0") and done.stderr == ""
    assert sum("kernels are kept nowhere: set NUMBA_CACHE_DIR" in line for line in lines) == 1


@linux
@pytest.mark.slow
def test_no_home(tmp_path: Path) -> None:
    """Without the variable, and with one that says nothing good: the standard set of files, and not a word on stderr."""
    for k, environment in enumerate((without_home(), {**without_home(), "HOME": ""})):
        out = tmp_path / f"out{k}"
        command = [sys.executable, "-m", "geoflow", *FILM, "--out", str(out), "-o", "Fläche.html"]
        environment = {**environment, "PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        told = [line for line in done.stderr.splitlines() if not line.startswith(("preparing", "t = "))]
        assert (done.returncode, told) == (0, [])
        assert (out / "film.png").exists() and (out / "ledger.png").exists() and (tmp_path / "Fläche.html").exists()


@linux
@pytest.mark.slow
def test_a_film_from_a_read_only_package_without_a_home(tmp_path: Path) -> None:
    """All of the kernels are compiled anew."""
    package = tmp_path / "package"
    shutil.copytree(ROOT / "geoflow", package / "geoflow", ignore=shutil.ignore_patterns("__pycache__"))
    for command in (["mount", "--bind", *2 * [str(package)]], ["mount", "-o", "remount,ro,bind", str(package)]):
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("a file system can be mounted by root only")
    try:
        command = [sys.executable, "-m", "geoflow", *FILM, "--out", str(tmp_path / "out")]
        environment = without_home(PYTHONPATH=str(package))
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    finally:
        subprocess.run(["umount", str(package)], check=True)
    told = [line for line in done.stderr.splitlines() if not line.startswith(("preparing", "t = "))]
    assert (done.returncode, told) == (0, [])
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["status"] == "reached t_end"


# ---- streams and locales ----------------------------------------------------------------------------------------------------

COMMANDS = """
import json, sys
from geoflow.cli.main import run
for words in json.loads(sys.argv[1]):
    sys.argv = ["geoflow", *words]
    try:
        run()
    except SystemExit as stop:
        print("status", stop.code, flush=True)
"""


def test_an_ascii_locale(tmp_path: Path) -> None:
    """Tables, help, refusals, files whose names are no ASCII: in other letters, but for names, which keep their bytes."""
    commands = [
        [*FILM, "-o", "Fläche.json", "-o", "Fläche.pvd"],
        [*POINT, "-o", "Fläche.csv"],
        ["wires"],
        ["--help"],
        ["film", "--help"],
        ["film", "x*ÿ"],
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment.pop("PYTHONIOENCODING", None)
    command = [sys.executable, "-c", COMMANDS, json.dumps(commands, ensure_ascii=False)]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, check=False)
    stdout, stderr = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == 0 and stdout.count("status ") == 6, stderr
    assert [line.split()[-1] for line in stdout.splitlines() if line.startswith("status ")] == list("000002")
    assert "film  saddle, 9 x 9 nodes" in stdout and "flow  L^2 gradient flow" in stdout and "[-1, 1] x [-1, 1]" in stdout
    assert "-5 <= x, y <= 5" in stdout
    if sys.platform.startswith("linux"):
        assert "wrote  Fläche.json" in stdout
        assert 'file="Fläche_frames/0001.vtp"' in (tmp_path / "Fläche.pvd").read_text("utf-8")
        assert sorted(p.name for p in tmp_path.iterdir()) == ["Fläche.csv", "Fläche.json", "Fläche.pvd", "Fläche_frames"]
    assert "geoflow: wire = x*" in stderr and "Traceback" not in stderr


def test_a_pipe_that_nobody_reads(tmp_path: Path) -> None:
    """Is no error, wherever it is noticed; and what was to be written is."""
    film = [*FILM, "-o", str(tmp_path / "film.json")]
    for arguments, at_once in ((["wires"], "1"), (["--help"], ""), (film, "")):
        process = started(arguments, env={"PYTHONUNBUFFERED": at_once})
        process.stdout.close()
        assert process.stderr.read() == "" and process.wait(timeout=100) == 0
        process.stderr.close()
    assert json.loads((tmp_path / "film.json").read_text())["status"] == "reached t_end"


@linux
@pytest.mark.parametrize("closed", ["2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(closed: str, tmp_path: Path) -> None:
    """What is written goes nowhere, and above all into no file that was opened in a stream's place."""
    words = f'"$0" -m geoflow {" ".join(FILM)} -o film.json -o ledger.csv {closed}'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", words, sys.executable], env=environment, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (b"monitor" in done.stdout) == (closed == "2>&-") and done.stderr == b""
    assert json.loads((tmp_path / "film.json").read_text())["status"] == "reached t_end"


@linux
@pytest.mark.parametrize("at_once", ["1", ""])
def test_a_disk_that_is_too_full_for_what_is_said(at_once: str, tmp_path: Path) -> None:
    """Of the result: one line and exit 1."""
    with Path("/dev/full").open("w") as full, (tmp_path / "log").open("w+") as log:
        process = started([*FILM], stdout=full, stderr=log, env={"PYTHONUNBUFFERED": at_once})
        assert process.wait(timeout=100) == 1
        log.seek(0)
        assert log.read().splitlines()[-1] == "geoflow: [Errno 28] No space left on device"


@linux
@pytest.mark.slow
def test_a_disk_that_is_too_full_for_what_is_said_on_the_way(tmp_path: Path) -> None:
    """The run is worth more, and goes on."""
    with Path("/dev/full").open("w") as full:
        process = started([*FILM, "--live", str(tmp_path / "film.png")], stderr=full)
        assert "monitor" in process.communicate(timeout=100)[0] and process.returncode == 0
    assert (tmp_path / "film.png").exists()


def test_an_unheard_stream() -> None:
    class Broken:
        encoding = "utf-8"

        def write(self, text: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

    stream = Unheard(Broken())
    assert stream.write("abc") == 3 and stream.encoding == "utf-8"
    print("abc", file=stream, flush=True)


def test_the_same_bits_without_the_kernels_that_were_kept(module: Path) -> None:
    """A kernel from its file is the one that was compiled."""
    x = np.array([0.1, 0.7, 1e300])
    first, second = (triple(module)(x) for _ in range(2))
    assert first.tobytes() == second.tobytes() == (3.0 * x).tobytes()
