"""hopwatch finds lateral movement in Windows and network telemetry, and shows how it knows."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop as Hop
    from hopwatch.pipeline.scan import Result as Result
    from hopwatch.pipeline.scan import scan as scan

__all__ = ["Hop", "Result", "scan"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import what is asked for: the processes that read logs need none of it."""
    if name not in __all__:
        raise AttributeError(f"module 'hopwatch' has no attribute {name!r}")
    from hopwatch.pipeline import scan

    return getattr(scan, name)
