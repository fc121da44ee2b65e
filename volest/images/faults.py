"""Whatever goes wrong in a file, told with the name of the scan."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from volest.errors import ScanError

MOST_REPEATED = 300
"""Characters of what a library says: it may quote a name of the file, of any length."""


class Refusal(ValueError):  # noqa: N818 - never leaves this package
    """A file that is well-formed and yet no scan of ours; its message goes on after "scan PATH: "."""


@contextmanager
def faults_named(path: Path, kind: str, tell: bool = True) -> Iterator[None]:
    """Turn every error inside into one that names the file: readers raise errors of a dozen classes.

    Args:
        path: of the scan.
        kind: name of the format.
        tell: repeat what the library says. Not for DICOM, whose library may quote what stands in the file.

    Raises:
        ScanError: anything went wrong.
    """
    try:
        yield
    except ScanError:
        raise
    except FileNotFoundError as error:
        missing = Path(error.filename or path)
        what = "does not exist" if missing == path else f"needs {missing}, which does not exist"
        raise ScanError(f"scan {path} {what}. Correct the path, or copy the file there.") from None
    except Refusal as refusal:
        raise ScanError(f"scan {path}: {refusal}.") from None
    except Exception as error:
        said = " ".join(str(error).split())[:MOST_REPEATED] if tell else ""
        raise ScanError(
            f"scan {path} cannot be read as {kind}: {said or type(error).__name__}. "
            "The file is truncated, damaged or of a kind that is not supported; copy or export it again."
        ) from None
