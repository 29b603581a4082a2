"""Fills in the placeholders (`%name%` with the modifier `expand`) of a rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sigma.rule import SigmaDetection, SigmaRule
from sigma.types import Placeholder, SigmaCasedString, SigmaExpansion, SigmaRegularExpression, SigmaString

Values = Mapping[str, tuple[str, ...]]


def expand(rule: SigmaRule, values: Values) -> list[str]:
    """Put values for the placeholders of a rule; give the names of those that have none."""
    missing: dict[str, None] = {}
    for detection in rule.detection.detections.values():
        _expand(detection, values, missing)
    return list(missing)


def _expand(detection: SigmaDetection, values: Values, missing: dict[str, None]) -> None:
    for item in detection.detection_items:
        if isinstance(item, SigmaDetection):
            _expand(item, values, missing)
        else:
            item.value = [new for old in item.value for new in _expanded(old, values, missing)]


def _expanded(value: Any, values: Values, missing: dict[str, None]) -> list[Any]:
    if isinstance(value, SigmaExpansion):
        return [SigmaExpansion([new for old in value.values for new in _expanded(old, values, missing)])]
    if not isinstance(value, SigmaString | SigmaRegularExpression) or not value.contains_placeholder():
        return [value]

    names = [part.name for part in _parts(value) if isinstance(part, Placeholder)]
    missing.update(dict.fromkeys(name for name in names if name not in values))
    if len(names) == 1 and names[0] in values and isinstance(value, SigmaString):
        return [_filled(value, text) for text in values[names[0]]]  # pySigma's own way stops at 200 values
    whole = isinstance(value, SigmaString)

    def put(placeholder: Placeholder) -> Iterator[Any]:
        for text in values.get(placeholder.name, ()):
            yield SigmaString(text) if whole else re.escape(text)
        if placeholder.name not in values:
            yield placeholder

    return list(value.replace_placeholders(put))


def _parts(value: SigmaString | SigmaRegularExpression) -> list[Any]:
    return list(value.s if isinstance(value, SigmaString) else value.regexp.s)


def _filled(value: SigmaString, text: str) -> SigmaString:
    """A string whose one placeholder is a value; in that, wildcards are wild."""
    filled = SigmaString()
    for part in value.s:
        filled += SigmaString(text) if isinstance(part, Placeholder) else part
    return SigmaCasedString.from_sigma_string(filled) if isinstance(value, SigmaCasedString) else filled


def read_values(path: Path) -> dict[str, tuple[str, ...]]:
    """Read the values of placeholders: a YAML mapping of names to a value or a list of them. Raises InputError."""
    import yaml

    from hopwatch.model.errors import InputError

    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"is not YAML: {error}", file=str(path)) from error
    if not isinstance(raw, dict):
        raise InputError("placeholders are a mapping of names to lists of values", file=str(path))
    return {str(k).strip("%"): tuple(str(v) for v in (vs if isinstance(vs, list) else [vs])) for k, vs in raw.items()}
