"""How pySigma treats regular expressions: it lets them be, for the store's engine is the one that must know them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RegexEngine


class _Lenient(RegexEngine):
    """Compiles what Python knows, and the plain text of anything else; pySigma only looks whether it compiles."""

    def compile(self, pattern: str, flags: int = 0) -> Any:
        try:
            return re.compile(pattern, flags)
        except (re.error, RecursionError, OverflowError):
            return re.compile(re.escape(pattern))

    @property
    def error(self) -> type[Exception]:
        return re.error


@cache
def policy() -> SigmaPolicy:
    """The policy to parse rules with."""
    return SigmaPolicy(regex_engine=_Lenient())
