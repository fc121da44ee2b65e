"""Damaged and hostile NRRD files in endless number: each is read or refused, soon and in little memory.

    python tests/fuzz/fuzz_nrrd.py --minutes 10 --seed 0 [--corpus FOLDER] [--keep FOLDER]

Every input is a small folder with a header and perhaps data files. A failure is any outcome but an image or a ScanError
that was raised for a known reason; more than 5 s; or more than 500 MB besides the voxels of the image that was read.
"""

import argparse
import bz2
import gzip
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from volest.errors import ScanError
from volest.images.nrrd import nrrd_files, read_nrrd, read_nrrd_header

LONGEST_S = 5.0
MOST_BYTES = 500 * 10**6
HANG_S = 30
LONGEST_BOMB_EDGE = 500
ADDRESS_SPACE_BYTES = 8 * 2**30

KNOWN_CAUSES = (OSError, ValueError, EOFError, zlib.error)
"""What a reader may meet in a bad file. A TypeError or MemoryError, though refused too, is our fault."""

Files = dict[str, bytes]

VOXELS = np.arange(3 * 4 * 5, dtype="<i2").reshape(3, 4, 5)
RAW = VOXELS.tobytes(order="F")
HEADER = (
    "NRRD0005",
    "type: short",
    "dimension: 3",
    "space: left-posterior-superior",
    "sizes: 3 4 5",
    "space directions: (0.5,0,0) (0,0.6,0) (0,0,0.8)",
    'space units: "mm" "mm" "mm"',
    "kinds: domain domain domain",
    "endian: little",
    "encoding: raw",
    "space origin: (1,2,3)",
    "patient:=P 07\\n\\\\ two",
)
VALUES = (
    *(
        "",
        "0",
        "-1",
        "-2",
        "1",
        "3",
        "5",
        "60",
        "64",
        "1e400",
        "nan",
        "-nan",
        "inf",
        "none",
        "none none none",
        "\u00b5m",
    ),
    *("3 4 5", "3 4 6", "4 3 5", "1 1 60", "60", "3 4 5 1", "1 3 4 5", "0 4 5", "-3 4 5", "3.0 4 5"),
    *("100000 100000 100000", "4294967296 4294967296 2", "9223372036854775807 2 1", "9" * 400, "1 " * 3000),
    *("1000 1000 1000", "1 1 4294967295", "46341 46341 1", "65536 65536 65536"),
    *(
        "(1,0,0) (0,1,0) (0,0,1)",
        "(1e400,0,0) (0,1,0) (0,0,1)",
        "(nan,nan,nan) (0,1,0) (0,0,1)",
        "(0,0,0) (0,0,0) (0,0,0)",
    ),
    *("(1e308,0,0) (0,1e308,0) (0,0,1e308)", "(1e-320,0,0) (0,1e-320,0) (0,0,1e-320)", "none (1,0,0) (0,1,0) (0,0,1)"),
    *(
        "(1,0) (0,1)",
        "(1,0,0)(0,1,0)(0,0,1)",
        "(((((((((",
        ")))",
        "(,,) (,,) (,,)",
        "(" * 5000,
        '"' * 5000,
        '"mm" "mm"',
    ),
    *("raw", "gzip", "bzip2", "text", "hex", "ascii", "zrl", "GZ"),
    *(
        "uint8",
        "short",
        "double",
        "block",
        "int64_t",
        "float",
        "char\0",
        "little",
        "big",
        "LPS",
        "RAST",
        "3D-left-handed",
    ),
    *("../../../../etc/passwd", "/etc/passwd", "/dev/zero", "/dev/stdin", "/proc/self/mem", ".", "..", "", "~", "a\tb"),
    *("scan.nhdr", "voxels", "fifo", "link", "deep/../voxels", "LIST", "LIST 2", "LIST 99", "LIST -1", "x" * 5000),
    *(
        "v%d 0 4 1",
        "v%d 4 0 -1",
        "v%d 0 4 0",
        "v%d 0 999999999999 1",
        "v%d 0 4 1 3",
        "v%099d 0 4 1",
        "v%s 0 4 1",
        "%n%n%n",
    ),
    *("v%d 0 4 1 2", "v%d -5 5 1 1", "v%d 0 " + "9" * 5000 + " 1", "\u202e\u0000", "1_0 4 5", "\u0663 4 5"),
)
FIELDS = (
    *(
        "type",
        "dimension",
        "sizes",
        "encoding",
        "endian",
        "data file",
        "datafile",
        "line skip",
        "byte skip",
        "lineskip",
    ),
    *("space", "space dimension", "space directions", "space origin", "space units", "spacings", "units", "kinds"),
    *("axis mins", "content", "# comment", "sample units", "measurement frame", "Sizes"),
)


class Hang(BaseException):
    """Raised by the alarm; no reader catches it."""


@dataclass(frozen=True)
class Target:
    """What is tried.

    Attributes:
        readers: called one after the other; the last one gives the image.
        causes: errors behind a refusal that are no fault of ours.
    """

    readers: tuple[Callable, ...]
    causes: tuple[type[Exception], ...]


@dataclass
class Tally:
    """What came of the inputs so far."""

    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    most_bytes: int = 0


def seeds(corpus: Path | None) -> list[Files]:
    """Sound files to begin with: made here, and small ones of a folder."""
    text = " ".join(map(str, VOXELS.ravel(order="F"))).encode()
    encoded = {
        "raw": RAW,
        "gzip": gzip.compress(RAW),
        "bzip2": bz2.compress(RAW),
        "text": text,
        "hex": RAW.hex().encode(),
    }
    attached = [{"scan.nhdr": _header(encoding=name) + b"\n" + data} for name, data in encoded.items()]
    slices = {f"v{k}": RAW[24 * k : 24 * (k + 1)] for k in range(5)}
    detached = [
        {"scan.nhdr": _header() + b"data file: voxels\n", "voxels": RAW},
        {"scan.nhdr": _header(byte_skip="-1") + b"data file: voxels\n", "voxels": b"header" + RAW},
        {"scan.nhdr": _header() + b"data file: v%d 0 4 1\n", **slices},
        {"scan.nhdr": _header() + b"data file: LIST\n" + "\n".join(slices).encode() + b"\n", **slices},
    ]
    return attached + detached + (list(_small(corpus)) if corpus else [])


def _small(corpus: Path) -> Iterator[Files]:
    for path in sorted([*corpus.rglob("*.nrrd"), *corpus.rglob("*.nhdr")]):
        try:
            files = nrrd_files(path)
        except ScanError:
            files = (path,)
        if sum(file.stat().st_size for file in files) < 2**16:
            yield {"scan.nhdr" if file == path else file.name: file.read_bytes() for file in files}


def _header(**changed: str) -> bytes:
    fields = dict(line.partition(": ")[::2] for line in HEADER[1:-1])
    fields |= {name.replace("_", " "): value for name, value in changed.items()}
    lines = [HEADER[0], *(f"{name}: {value}" for name, value in fields.items()), HEADER[-1]]
    return "\n".join(lines).encode() + b"\n"


def mutated(files: Files, rng: np.random.Generator) -> Files:
    """A copy with no, one or more faults."""
    files = dict(files)
    for _ in range(rng.poisson(1.5)):
        fault = FAULTS[rng.integers(len(FAULTS))]
        name = list(files)[rng.integers(len(files))] if rng.random() < 0.3 else "scan.nhdr"
        files[name] = fault(files[name], rng)
    return files


def _flip(content: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for place in rng.integers(0, max(len(changed), 1), rng.integers(1, 9)) if changed else ():
        changed[place] = rng.integers(256)
    return bytes(changed)


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: rng.integers(len(content) + 1)]


def _drop(content: bytes, rng: np.random.Generator) -> bytes:
    start, end = sorted(rng.integers(0, len(content) + 1, 2))
    return content[:start] + content[end:] if rng.random() < 0.5 else content[:end] + content[start:]


def _value(content: bytes, rng: np.random.Generator) -> bytes:
    """One line takes another value."""
    lines = content.split(b"\n")
    place = rng.integers(min(len(lines), 16))
    lines[place] = lines[place].partition(b":")[0] + b": " + _any(VALUES, rng).encode()
    return b"\n".join(lines)


def _line(content: bytes, rng: np.random.Generator) -> bytes:
    """One line more."""
    lines = content.split(b"\n")
    mark = (": ", ":=", ":")[rng.integers(3)]
    lines.insert(rng.integers(1, min(len(lines), 14) + 1), f"{_any(FIELDS, rng)}{mark}{_any(VALUES, rng)}".encode())
    return b"\n".join(lines)


def _less(content: bytes, rng: np.random.Generator) -> bytes:
    """One line less."""
    lines = content.split(b"\n")
    del lines[rng.integers(min(len(lines), 16))]
    return b"\n".join(lines)


def _flood(content: bytes, rng: np.random.Generator) -> bytes:
    """Very much of something, somewhere."""
    place = rng.integers(len(content) + 1)
    stuff = (b"\0", b"\n", b"k:=v\n", b" ", b"9", b"9 ", b"\xff", b"# \n", b"sizes: 3 4 5\n", b"(", b"a")[
        rng.integers(11)
    ]
    return content[:place] + stuff * int(10 ** rng.uniform(1, 6.3)) + content[place:]


def _bomb(content: bytes, rng: np.random.Generator) -> bytes:
    """Up to 250 MB of zeros in some kilobytes, behind a header that asks for few or for all of them."""
    edge = int(LONGEST_BOMB_EDGE ** rng.uniform(0.3, 1))
    pack, name = ((gzip.compress, "gzip"), (bz2.compress, "bzip2"))[rng.integers(2)]
    sizes = f"{edge} {edge} {edge}" if rng.random() < 0.5 else "3 4 5"
    return _header(type="uint8", encoding=name, sizes=sizes) + b"\n" + pack(bytes(edge**3 * int(rng.integers(1, 3))))


def _any(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    return choices[rng.integers(len(choices))]


Fault = Callable[[bytes, np.random.Generator], bytes]
FAULTS: tuple[Fault, ...] = (_flip, _flip, _cut, _drop, _value, _value, _value, _line, _line, _less)
RARE: tuple[Fault, ...] = (_flood, _bomb)


def examples(rng: np.random.Generator, corpus: Path | None = None) -> Iterator[Files]:
    """Inputs without end; one in a hundred is a flood or a bomb, which cost as much as all the others."""
    sound = seeds(corpus)
    while True:
        files = mutated(sound[rng.integers(len(sound))], rng)
        if rng.random() < 0.01:
            files["scan.nhdr"] = RARE[rng.integers(len(RARE))](files["scan.nhdr"], rng)
        yield files


def run_one(files: Files, folder: Path, tally: Tally, target: Target | None = None) -> None:
    """Write one input, read its first file with each reader, and note what happened."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    tally.inputs += 1
    scan = folder / next(iter(files))
    target = target or Target((nrrd_files, read_nrrd_header, read_nrrd), KNOWN_CAUSES)
    for read in target.readers:
        tracemalloc.reset_peak()
        held_before, start = tracemalloc.get_traced_memory()[0], time.perf_counter()
        outcome, voxel_bytes = _outcome(read, scan, target)
        seconds = time.perf_counter() - start
        besides = tracemalloc.get_traced_memory()[1] - held_before - voxel_bytes
        tally.slowest_s, tally.most_bytes = max(tally.slowest_s, seconds), max(tally.most_bytes, besides)
        if seconds > LONGEST_S or besides > MOST_BYTES:
            outcome = f"FAILED: {outcome} after {seconds:.1f} s with {besides / 1e6:.0f} MB besides the voxels"
        if outcome.startswith("FAILED"):
            tally.failures.append(f"{read.__name__}: {outcome}")
    tally.outcomes[outcome] += 1


def _outcome(read: Callable, path: Path, target: Target) -> tuple[str, int]:
    """What came of it, and the bytes of the voxels that were read."""
    try:
        got = read(path)
    except ScanError as error:
        cause = error.__context__
        if isinstance(cause, target.causes) and str(path) in str(error):
            return "refused", 0
        return f"FAILED: refused for {cause!r}: {error}", 0
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"FAILED: {error!r}", 0
    if read is not target.readers[-1]:
        return "read", 0
    sound = got.voxels.ndim == 3 and np.isfinite(got.affine).all() and 0 < got.field_of_view_ml < np.inf
    return "read" if sound and got.voxels.dtype.isnative else f"FAILED: {got.shape}, {got.affine}", got.voxels.nbytes


def fuzz(
    inputs: Iterator[Files],
    seconds: float,
    most: int,
    keep: Path | None = None,
    target: Target | None = None,
) -> Tally:
    """Run inputs until the time is over or there were `most` of them."""
    tally, end = Tally(), time.monotonic() + seconds
    tracemalloc.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.mkfifo(Path(folder) / "fifo")
            (Path(folder) / "link").symlink_to("/etc/passwd")
            for files in inputs:
                if tally.inputs >= most or time.monotonic() > end:
                    break
                signal.setitimer(signal.ITIMER_REAL, HANG_S)  # an input that never ends must not end the run
                failed = len(tally.failures)
                run_one(files, Path(folder), tally, target)
                if keep and len(tally.failures) > failed:
                    no_files = shutil.ignore_patterns("fifo", "link")
                    shutil.copytree(folder, keep / f"input-{tally.inputs}", ignore=no_files)
                for name in files:
                    (Path(folder) / name).unlink()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        tracemalloc.stop()
    return tally


def _hang(*_: object) -> None:
    raise Hang


def run(
    inputs_of: Callable[[np.random.Generator, Path | None], Iterator[Files]], what: str, target: Target | None = None
) -> int:
    """Fuzz for as long as the command line says and print what was found."""
    parser = argparse.ArgumentParser(description=what.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--inputs", type=int, default=sys.maxsize, help="end after so many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--corpus", type=Path, help="folder of real files to begin with, besides those made here")
    parser.add_argument("--keep", type=Path, help="folder for the inputs that failed")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    signal.signal(signal.SIGALRM, _hang)
    start = time.monotonic()
    inputs = inputs_of(np.random.default_rng(asked.seed), asked.corpus)
    tally = fuzz(inputs, asked.minutes * 60, asked.inputs, asked.keep, target)
    print(
        json.dumps(
            {
                "inputs": tally.inputs,
                "minutes": round((time.monotonic() - start) / 60, 2),
                "outcomes": {key[:60]: count for key, count in tally.outcomes.items()},
                "slowest_s": round(tally.slowest_s, 2),
                "most_mb_besides_voxels": round(tally.most_bytes / 1e6, 1),
                "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "failures": tally.failures[:20],
            },
            indent=1,
        )
    )
    return 1 if tally.failures else 0


if __name__ == "__main__":
    raise SystemExit(run(examples, __doc__))
