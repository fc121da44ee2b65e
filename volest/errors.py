"""Every error that a user can mend.

Each message is one paragraph: what was got, what was expected, what to do. The command line prints the message without
a traceback and exits with status 2; anything else that is raised is a fault of ours.
"""


class VolestError(Exception):
    """Root of the errors whose message is written for the user."""


class ConfigError(VolestError):
    """A configuration file or override that cannot be used."""


class ManifestError(VolestError):
    """A table of scans that cannot be used."""


class ScanError(VolestError):
    """One scan that cannot be read or cannot be right; the message names it."""


class FoldError(VolestError):
    """Folds that cannot be made, or do not fit the manifest."""


class RunError(VolestError):
    """A run directory that is missing, incomplete, or belongs to another configuration."""


class OccupiedError(RunError):
    """Work that another process has in hand."""


class ModelError(VolestError):
    """A network that cannot be built, or weights that do not fit it."""


class TrainingError(VolestError):
    """Training that cannot go on; the last good checkpoint is kept."""
