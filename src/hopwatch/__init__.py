"""hopwatch finds lateral movement in Windows and network telemetry, and shows how it knows."""

from hopwatch.model.hop import Hop
from hopwatch.pipeline.scan import Result, scan

__all__ = ["Hop", "Result", "scan"]
__version__ = "0.1.0"
