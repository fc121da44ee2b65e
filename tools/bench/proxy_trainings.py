"""Trainings of a bench that may be stopped: a line of JSON each."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Training:
    """One configuration trained in one way.

    Attributes:
        way: `full`, or whose patients the proxy trained on.
        configuration: its number.
        mae_ml: of the patients that judge, after the last epoch.
        cpu_s: of one thread.
    """

    way: str
    configuration: int
    mae_ml: float
    cpu_s: float
    wall_s: float


class Trainings:
    """What has been trained; a line that was cut is dropped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        if lines and not lines[-1].endswith("\n"):
            path.write_text("".join(lines[:-1]), encoding="utf-8")
        rows = [Training(**json.loads(line)) for line in lines if line.endswith("\n")]
        self.rows = {(row.way, row.configuration): row for row in rows}

    def add(self, row: Training) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")
        self.rows[row.way, row.configuration] = row

    def pairs(self, way: str, other: str) -> Sequence[tuple[Training, Training]]:
        """Of each configuration that was trained in both ways, in order."""
        numbers = sorted(number for name, number in self.rows if name == way)
        return [(self.rows[way, n], self.rows[other, n]) for n in numbers if (other, n) in self.rows]
