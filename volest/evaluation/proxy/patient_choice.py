"""Few patients in place of all; each strategy gives places in the order of choice.

Nath et al. (2021, arXiv 2107.05471, section 2.1) rank scans by their mean similarity to all others. Here patients are
chosen one after the other, each by its similarity to those chosen before, so that two outliers of one kind are not both
taken.
"""

import numpy as np
from jaxtyping import Float

Places = list[int]
PerPatient = Float[np.ndarray, " patient"]


def least_similar(similarity: Float[np.ndarray, "patient patient"], count: int) -> Places:
    """Begin with the most typical patient; then always the one with the lowest mean similarity to those chosen."""
    chosen = [int((similarity.sum(axis=1) - np.diag(similarity)).argmax())]
    while len(chosen) < count:
        chosen.append(_best(-similarity[:, chosen].mean(axis=1), chosen))
    return chosen


def latent_centres(latents: Float[np.ndarray, "patient feature"], count: int) -> Places:
    """Begin nearest to the mean; then always the patient farthest from the nearest one chosen.

    Gonzalez (1985, Theor. Comput. Sci. 38:293): the largest distance of any patient to a centre is at most twice the
    smallest that `count` centres allow.
    """
    chosen = [int(np.linalg.norm(latents - latents.mean(axis=0), axis=1).argmin())]
    nearest = np.linalg.norm(latents - latents[chosen[0]], axis=1)
    while len(chosen) < count:
        chosen.append(_best(nearest, chosen))
        nearest = np.minimum(nearest, np.linalg.norm(latents - latents[chosen[-1]], axis=1))
    return chosen


def by_volume(volumes_ml: PerPatient, count: int, rng: np.random.Generator) -> Places:
    """A random patient of each of `count` strata of volume, the smallest first; strata are as even as can be."""
    strata = np.array_split(np.argsort(volumes_ml, kind="stable"), count)
    return [int(rng.choice(stratum)) for stratum in strata]


def random_patients(patients: int, count: int, rng: np.random.Generator) -> Places:
    """Any patients: what every other strategy has to beat."""
    return rng.permutation(patients)[:count].tolist()


def _best(score: PerPatient, chosen: Places) -> int:
    free = np.delete(np.arange(len(score)), chosen)
    return int(free[score[free].argmax()])
