"""Where the past of a scan is, and the judge that knows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hopwatch.pipeline.baseline import PastJudge


@dataclass(frozen=True)
class PastOptions:
    """Where the past is: in a file, or in the first `days` days of the logs themselves."""

    file: Path | None = None
    days: int | None = None

    @property
    def given(self) -> bool:
        """Whether there is any."""
        return self.file is not None or self.days is not None


def past_judge(options: PastOptions) -> PastJudge | None:
    """Give the judge that knows the past and what others say of the hops; None where no past is given.

    Raises InputError for a file that is no baseline.
    """
    if not options.given:
        return None
    from hopwatch.pipeline.baseline import judge_by  # here, since few scans have a past, and it is slow to import

    return judge_by(options.file, options.days)
