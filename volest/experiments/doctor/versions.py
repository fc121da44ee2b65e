"""Python and libraries: do the installed versions meet what volest and they themselves require of each other?"""

import platform
import sys
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from volest.experiments.doctor.verdict import Check, Outcome, failed, ok

COMPROMISED = {"lightning": ("2.6.2", "2.6.3"), "pytorch-lightning": ("2.6.2", "2.6.3")}
"""Releases that somebody else put on the registry: importing them runs foreign code."""

RELATIVES = ("torchvision", "timm", "timm-3d", "torchio", "monai", "lightning")
"""Libraries that are built for certain versions of torch and of each other."""

SHOWN = ("torch", "torchvision", "timm", "lightning", "monai", "torchio")


def check_versions(_: object) -> Outcome:
    """From what is installed on disk; nothing is imported."""
    bad = compromised()
    if bad:
        return failed(
            f"{', '.join(bad)}: compromised on the registry",
            "Do not import it. `pip install 'lightning>=2.6.5'`, then change every password and key that this account "
            "could read.",
        )
    unmet = _unmet("volest") + [fault for library in RELATIVES for fault in _unmet(library)]
    python = platform.python_version()
    required = metadata.metadata("volest")["Requires-Python"] or ""
    if not SpecifierSet(required).contains(python, prereleases=True):
        return failed(f"Python {python}, volest needs {required}", "Make a new environment with a newer Python.")
    if unmet:
        return failed("; ".join(unmet), f"`{sys.executable} -m pip install -U {' '.join(_names(unmet))}`")
    return ok(f"Python {python}, " + ", ".join(f"{name} {_version(name)}" for name in SHOWN))


def compromised() -> list[str]:
    """Installed releases that must not be imported, as `name version`."""
    return [f"{name} {_version(name)}" for name, versions in COMPROMISED.items() if _version(name) in versions]


def _unmet(distribution: str) -> list[str]:
    """What `distribution` requires and does not find, as `name version, distribution needs specifier`."""
    try:
        lines = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        return []  # where it is required, the one that requires it says so
    faults = []
    for requirement in map(Requirement, lines):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        version = _version(requirement.name)
        if version is None:
            faults.append(f"{requirement.name} is missing, {distribution} needs it")
        elif not requirement.specifier.contains(version, prereleases=True):
            faults.append(f"{requirement.name} {version}, {distribution} needs {requirement.specifier}")
    return faults


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _names(unmet: list[str]) -> list[str]:
    """The libraries to install again, and torch's whole family where one of it is among them: they come in sets."""
    names = list(dict.fromkeys(fault.split()[0] for fault in unmet))
    return list(dict.fromkeys([*names, "torch", "torchvision"])) if {"torch", "torchvision"} & set(names) else names


VERSIONS = Check("versions", check_versions)
