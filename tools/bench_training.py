"""Speed and memory of volest's training against the shortest torch loop, torchio and MONAI.

A benchmark, not a test: leave the machine alone while it runs, half an hour with the default options on two cores.

    python tools/bench_training.py --out docs/measurements/training.md
    python tools/bench_training.py --only overhead --epochs 2 --repeats 1
"""

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from bench.augmented import augmented
from bench.gpu import gpu
from bench.latency import latency
from bench.memory import memory
from bench.options import Options
from bench.overhead import overhead
from bench.page import preamble
from bench.roofline import roofline

SECTIONS: dict[str, tuple[str, Callable[[Options], list[str]]]] = {
    "overhead": ("Without augmentation, against the bare loop", overhead),
    "augmented": ("With augmentation, against torchio and MONAI", augmented),
    "roofline": ("Stage by stage, beside the roofline", roofline),
    "memory": ("Memory", memory),
    "latency": ("Waiting", latency),
    "gpu": ("On a GPU", gpu),
}


def main() -> None:
    """Measure what was asked for, print it, and write it if told where."""
    arguments = _arguments()
    warnings.filterwarnings("ignore", module=r"(monai|torchio|torch)\.")  # the peers' own, about their own code
    with tempfile.TemporaryDirectory() as folder:
        options = Options(
            epochs=arguments.epochs,
            repeats=arguments.repeats,
            threads=arguments.threads,
            workers=arguments.workers,
            seed=arguments.seed,
            work=arguments.work or Path(folder),
        )
        torch.set_num_threads(options.threads)
        lines = preamble(options)
        for name in arguments.only or SECTIONS:
            title, measure = SECTIONS[name]
            print(f"{title} ...", file=sys.stderr, flush=True)
            lines += ["", f"## {title}", "", *measure(options)]
    page = "\n".join(lines).rstrip() + "\n"
    print(page)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(page, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=10, help="measured in each repetition, after one that is not")
    parser.add_argument("--repeats", type=int, default=3, help="of each variant, interleaved")
    parser.add_argument("--threads", type=int, default=2, help="of the training process")
    parser.add_argument("--workers", type=int, default=min(8, os.cpu_count() or 1), help="processes that augment")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", choices=SECTIONS, help="a section; any number of times")
    parser.add_argument("--work", type=Path, help="folder for phantoms, cache and runs, kept; default: a temporary one")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
