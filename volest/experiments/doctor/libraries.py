"""The libraries load, and compiled operators fit the torch that is there."""

import importlib
import sys

from volest.experiments.doctor.verdict import Check, Outcome, failed, ok
from volest.experiments.doctor.versions import compromised

MODULES = (
    "numpy",
    "scipy",
    "pandas",
    "torch",
    "torchvision",
    "timm",
    "timm_3d",
    "monai",
    "torchio",
    "lightning.pytorch",
)


def check_libraries(_: object) -> Outcome:
    """Import them; torchvision of another torch is imported and then lacks its operators."""
    if bad := compromised():
        return failed(f"{', '.join(bad)} is not loaded", "Replace it first; see versions.")
    for module in MODULES:
        try:
            importlib.import_module(module)
            if module == "torchvision":
                _suppress_overlaps()
        except Exception as error:  # a broken binary raises anything from ImportError to OSError
            return _broken(module, error)
    return ok(f"{len(MODULES)} load, torchvision's operators answer")


def _suppress_overlaps() -> None:
    """One of torchvision's compiled operators."""
    torch, operators = importlib.import_module("torch"), importlib.import_module("torchvision.ops")
    operators.nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([1.0]), 0.5)


def _broken(module: str, error: Exception) -> Outcome:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    family = "torch torchvision timm timm-3d" if module.startswith(("torch", "timm")) else module.partition(".")[0]
    return failed(
        f"{module} does not load: {lines[0]}",
        f"Install those that were built for each other: `{sys.executable} -m pip install --force-reinstall {family}`",
    )


LIBRARIES = Check("libraries", check_libraries, limit_s=60)
