"""Is the latent a fingerprint? How often the nearest other scan is one of the same patient."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Int

from volest.evaluation.bootstrap import Bootstrap
from volest.evaluation.latents.space import squared_distances, standardised
from volest.evaluation.permutation import PERMUTATIONS, p_of
from volest.evaluation.sample import Sample
from volest.records.latents import FoldLatents
from volest.records.probes import Fingerprint


def fingerprint(
    latents: Sequence[FoldLatents], volume_ml: Mapping[str, float], rng: np.random.Generator
) -> Fingerprint | None:
    """Leave each held-out scan out and look for the nearest of the others of its fold; None where no patient has two.

    Training scans are no candidates: a network that has learnt them by heart may put them elsewhere, and the patient
    would be found by being new. Chance is what permuted names of patients find, within each fold.

    Args:
        latents: of each fold.
        volume_ml: reference of each scan, by scan_id.
        rng: for permutations and draws of patients.
    """
    searches = [_Search(of_fold, volume_ml) for of_fold in latents if of_fold.held_out.sum() > 1]
    asked = sum(int(search.asked.sum()) for search in searches)
    if not asked:
        return None
    permuted = sum(search.permuted_hits(rng) for search in searches)
    hits = np.concatenate([search.found[search.asked] for search in searches])
    patients = [str(name) for search in searches for name in search.patients[search.asked]]
    nothing = np.zeros(asked)  # the figure is of the hits; of the sample only the patients count
    sample = Sample(tuple(map(str, range(asked))), tuple(patients), nothing, nothing)
    return Fingerprint(
        n_scans=asked,
        n_patients=sample.n_patients,
        found_percent=Bootstrap(sample, rng).share(lambda draws: 100 * draws.average(hits.astype(float))),
        chance_percent=float(100 * np.mean(permuted) / asked),
        p=p_of(float(hits.sum()), np.asarray(permuted, dtype=float)),
        by_volume_percent=100 * sum(int(search.found_by_volume[search.asked].sum()) for search in searches) / asked,
    )


class _Search:
    """The held-out scans of one fold, each with its nearest other one."""

    def __init__(self, latents: FoldLatents, volume_ml: Mapping[str, float]) -> None:
        held_out = np.flatnonzero(latents.held_out)
        self.patients = np.array(latents.patient_ids)[held_out]
        counts = Counter(self.patients)
        self.asked = np.array([counts[patient] > 1 for patient in self.patients])
        self.nearest = nearest_other(standardised(latents)[held_out])
        log_volume = np.log([volume_ml[latents.scan_ids[place]] for place in held_out])
        self.found = self.patients == self.patients[self.nearest]
        self.found_by_volume = self.patients == self.patients[nearest_other(log_volume[:, None])]

    def permuted_hits(self, rng: np.random.Generator) -> Int[np.ndarray, " permutation"]:
        """Scans found under permuted names; one whose patient has no second scan is never found."""
        numbers = np.unique(self.patients, return_inverse=True)[1]
        names = rng.permuted(np.tile(numbers, (PERMUTATIONS, 1)), axis=1)
        same: Bool[np.ndarray, "permutation scan"] = names == names[:, self.nearest]
        return same.sum(axis=1)


def nearest_other(space: np.ndarray) -> Int[np.ndarray, " scan"]:
    """Place of the nearest other row, for each row."""
    distances = squared_distances(space, space)
    np.fill_diagonal(distances, np.inf)
    return distances.argmin(axis=1)
