"""What a search was begun with: nobody may join or go on with another space, other scans or another configuration."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import optuna

from volest.config import Config
from volest.config.load import differing_keys
from volest.errors import RunError
from volest.experiments.preparation import FREE_KEYS, PreparedRun
from volest.experiments.tuning.space import WITHOUT_EFFECT, SearchSpace

IDENTITY = "begun_with"


def identity_of(space: SearchSpace, run: PreparedRun, sampler: str, pruner: str, proxy: str) -> dict[str, Any]:
    """Space, configuration, scans, folds, and how configurations are drawn and given up; without patients' names."""
    folds = run.folds
    scans = sorted(
        (scan.sha256, scan.volume_ml, folds.of_patient[scan.patient_id], scan.patient_id in folds.untrained)
        for scan in run.manifest
    )
    return {
        "space": {key: searched.model_dump(mode="json") for key, searched in space.ranges.items()},
        "config": run.config.model_dump(mode="json"),
        "scans": hashlib.sha256(json.dumps(scans).encode()).hexdigest(),
        "sampler": sampler,
        "pruner": pruner,
        "proxy": proxy,
    }


def require_same(study: optuna.Study, identity: Mapping[str, Any], name: str) -> None:
    """Record the identity where there is none yet.

    Raises:
        RunError: the search was begun with another one.
    """
    recorded = study.user_attrs.get(IDENTITY)
    if recorded is None:
        study.set_user_attr(IDENTITY, dict(identity))
        return
    differing = _differing(recorded, identity)
    if differing:
        raise RunError(
            f"search {name} was begun with another {', another '.join(differing)}. Choose another directory with "
            "`--out DIR`, or go on with what it was begun with."
        )


def _differing(recorded: Mapping[str, Any], identity: Mapping[str, Any]) -> list[str]:
    words = {
        "space": "search space",
        "scans": "set of scans or folds",
        "sampler": "sampler",
        "pruner": "pruner",
        "proxy": "proxy",
    }
    named = [word for key, word in words.items() if recorded.get(key) != identity[key]]
    keys = _differing_config(recorded.get("config"), identity["config"])
    return [*named, *([f"configuration ({', '.join(keys)})"] if keys else [])]


def _differing_config(recorded: Any, current: Mapping[str, Any]) -> list[str]:
    """Keys that differ and change what a training gives."""
    one, other = Config.model_validate(recorded), Config.model_validate(current)
    keys = set(differing_keys(one, other)) - FREE_KEYS
    return sorted(key for key in keys if key.partition(".")[0] not in WITHOUT_EFFECT)
