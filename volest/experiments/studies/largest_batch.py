"""The largest batch that fits, which is not the best one."""

from volest.experiments.doctor.memory import available_bytes
from volest.experiments.doctor.step_memory import step_bytes
from volest.experiments.fold import fold_grid
from volest.experiments.preparation import PreparedRun
from volest.inference.model_file import without_sources
from volest.models.registry import build_network

LARGEST = 1024
MARGIN = 0.9
"""Of the free memory, for what is not counted."""


def largest_batch(run: PreparedRun, room_bytes: float) -> int:
    """Scans of which one training step is counted to take at most `room_bytes`; 0 where not even one fits."""
    shape = fold_grid(run, 0).shape
    network = build_network(without_sources(run.config.model), shape)
    of_two, of_four = (step_bytes(network, (batch, 1, *shape), is_mixed=False) for batch in (2, 4))
    per_scan = max(1.0, (of_four - of_two) / 2)  # weights cost once, activations per scan
    return int(max(0, min(LARGEST, (MARGIN * room_bytes - (of_two - 2 * per_scan)) // per_scan)))


def largest_batch_note(run: PreparedRun) -> str:
    """A sentence for the page of a study."""
    room = _room_bytes()
    if room is None:
        return "How large a batch would fit is unknown on this machine; the largest that fits is not the best one."
    try:
        fits = largest_batch(run, room)
    except (RuntimeError, NotImplementedError):
        return "How large a batch would fit cannot be counted for this network; the largest that fits is not the best."
    more = " or more" if fits == LARGEST else ""
    return (
        f"Batches of up to {fits}{more} scans would fit into the {room / 1e9:.1f} GB that are free here. The largest "
        "batch that fits is not the best one: memory says nothing about learning."
    )


def _room_bytes() -> float | None:
    import torch

    return float(torch.cuda.mem_get_info()[0]) if torch.cuda.is_available() else available_bytes()
