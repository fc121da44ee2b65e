"""What a piece of code asks of a device: floating-point operations, and bytes that its operators read and write."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from torch.utils.flop_counter import FlopCounterMode


@dataclass
class Work:
    """Counted, not timed.

    Attributes:
        flops: of matrix products and convolutions, which do nearly all of them.
        bytes: of all tensors that the operators read or write, each by itself: what memory would have to move if
            nothing stayed in a cache and nothing were fused.
    """

    flops: int = 0
    bytes: int = 0


@contextmanager
def counted() -> Iterator[Work]:
    """Of everything that torch does inside, gradients too."""
    work = Work()
    with FlopCounterMode(display=False) as flops, _Traffic() as traffic:
        yield work
    work.flops, work.bytes = flops.get_total_flops(), traffic.bytes


class _Traffic(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        if not _is_view(func) and "empty" not in func.__name__:  # neither reads nor writes anything
            tensors = [t for t in tree_iter((args, kwargs, out)) if isinstance(t, torch.Tensor)]
            self.bytes += sum(t.numel() * t.element_size() for t in tensors)
        return out


def _is_view(func: Any) -> bool:
    """Whether an operator hands on its input without touching it."""
    infos = [value.alias_info for value in func._schema.returns]
    return any(info is not None and not info.is_write for info in infos)
