"""The lower bounds of pyproject.toml as pip constraints, to test that volest works with them:

python -m venv /tmp/lowest && /tmp/lowest/bin/pip install -e '.[dev]' -c <(python tools/lowest_versions.py)
/tmp/lowest/bin/pytest
"""

import re
import tomllib
from itertools import chain
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def lowest(requirement: str) -> str:
    name, version = re.fullmatch(r"([\w.-]+)>=([\d.]+).*", requirement).groups()
    exact = version if version.count(".") > 1 else f"{version}.*"
    return f"{name}=={exact}"


def main() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    for requirement in chain(project["dependencies"], *extras):
        if not requirement.startswith("volest["):  # an extra that is part of another
            print(lowest(requirement))


if __name__ == "__main__":
    main()
