import pytest

from volest.errors import VolestError
from volest.training.module import VolumeRegression


class PowerCutError(VolestError):
    """Ends a training where a test wants it to end."""


@pytest.fixture
def power_cut(monkeypatch):
    """Run `train()` until (epoch, step), which is never taken."""

    def cut(epoch, step, train):
        taken = VolumeRegression.training_step

        def dying(self, batch, batch_idx):
            if (self.current_epoch, batch_idx) == (epoch, step):
                raise PowerCutError("power cut")
            return taken(self, batch, batch_idx)

        with monkeypatch.context() as patch:
            patch.setattr(VolumeRegression, "training_step", dying)
            with pytest.raises(PowerCutError, match="power cut"):
                train()

    return cut
