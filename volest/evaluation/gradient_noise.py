"""The batch size at which more scans stop making a step better (McCandlish et al. 2018, arXiv 1812.06162)."""

from dataclasses import dataclass

MEMORY = 0.9
"""Of the running means, a measurement."""


@dataclass(frozen=True)
class GradientMoments:
    """Unbiased estimates from the gradients of several small batches at the same weights (appendix A.1).

    Attributes:
        signal: squared norm of the true gradient; a single estimate may be negative.
        noise: trace of the covariance of a single scan's gradient.
    """

    signal: float
    noise: float

    @staticmethod
    def estimated(mean_square: float, square_of_mean: float, batches: int, batch_size: int) -> "GradientMoments":
        """Signal and noise of `batches` gradients, of `batch_size` scans each.

        Args:
            mean_square: mean of their squared norms.
            square_of_mean: squared norm of their mean.
            batches: at least two.
            batch_size: of each.
        """
        spread = (mean_square - square_of_mean) / (batches - 1)
        return GradientMoments(square_of_mean - spread, batches * batch_size * spread)

    def after(self, earlier: "GradientMoments | None") -> "GradientMoments":
        """Running mean of both, each by itself: the ratio of two means is far steadier than the mean of ratios."""
        if earlier is None:
            return self
        return GradientMoments(
            MEMORY * earlier.signal + (1 - MEMORY) * self.signal, MEMORY * earlier.noise + (1 - MEMORY) * self.noise
        )

    @property
    def noise_scale(self) -> float:
        """tr(S) / |G|^2, in scans; NaN while the estimate of |G|^2 is not above 0."""
        return self.noise / self.signal if self.signal > 0 else float("nan")
