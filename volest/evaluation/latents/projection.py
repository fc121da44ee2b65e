"""A latent space in two dimensions, for the eye: fitted on the training scans, the held-out ones put into it."""

import warnings
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from jaxtyping import Float
from sklearn.decomposition import PCA

from volest.evaluation.latents.space import standardised
from volest.records.latents import FoldLatents

NEIGHBOURS = 15
"""Of UMAP, its own default."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Where each scan lies in the plane.

    Attributes:
        name: of the method.
        axes: what the two axes are.
        points: a row per scan, in the order of the latents.
    """

    name: str
    axes: tuple[str, str]
    points: Float[np.ndarray, "scan 2"]


def pca_projection(latents: FoldLatents) -> Projection:
    """The two directions in which the training scans differ most."""
    features = standardised(latents)
    pca = PCA(n_components=min(2, features.shape[1])).fit(features[latents.training])
    points = pca.transform(features)
    if points.shape[1] == 1:
        points = np.column_stack([points, np.zeros(len(points))])
    shares = [*pca.explained_variance_ratio_, 0.0]
    first, second = (f"PC {n + 1} ({share:.0%} of the variance)" for n, share in enumerate(shares[:2]))
    return Projection("PCA", (first, second), points)


def has_umap() -> bool:
    """Whether umap-learn, the extra `latents`, is installed."""
    return find_spec("umap") is not None


def umap_projection(latents: FoldLatents, seed: int) -> Projection:
    """Neighbours kept together (McInnes, Healy & Melville 2018); distances between groups mean nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells of libraries that it could use
        from umap import UMAP

        features = standardised(latents)
        count = min(NEIGHBOURS, int(latents.training.sum()) - 1)
        umap = UMAP(n_neighbors=count, init="pca", random_state=seed, n_jobs=1).fit(features[latents.training])
        points = np.empty((len(features), 2))
        points[latents.training] = umap.embedding_
        points[latents.held_out] = umap.transform(features[latents.held_out])
    return Projection("UMAP", ("UMAP 1", "UMAP 2"), points)
