"""Translates rules into another system's query language, through pySigma's backend for it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hopwatch.model.errors import InputError, RuleError

# The package that brings a backend, its module, and its class.
BACKENDS = {
    "opensearch": ("pysigma-backend-opensearch", "sigma.backends.opensearch", "OpensearchLuceneBackend"),
    "elasticsearch": ("pysigma-backend-elasticsearch", "sigma.backends.elasticsearch", "LuceneBackend"),
    "kusto": ("pysigma-backend-kusto", "sigma.backends.kusto", "KustoBackend"),
    "splunk": ("pysigma-backend-splunk", "sigma.backends.splunk", "SplunkBackend"),
}


def exported(paths: list[Path], target: str) -> Iterator[str]:
    """Give the queries of every rule below the paths.

    Raises InputError where the backend is not installed, or not for this pySigma; RuleError for a rule that it refuses.
    """
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError

    from hopwatch.sigma.ruleset import rule_files

    backend = _backend(target)
    for file in rule_files(paths):
        try:
            rules = SigmaCollection.from_yaml(file.read_text("utf-8"))
            yield from (str(query) for query in backend.convert(rules))
        except (SigmaError, NotImplementedError) as error:
            raise RuleError(str(error), file=str(file)) from error


def _backend(target: str) -> Any:
    package, module, name = BACKENDS[target]
    try:
        return getattr(importlib.import_module(module), name)()
    except ImportError as error:
        absent = bool(error.name and error.name.startswith("sigma.backends"))
        why = "none is installed" if absent else f"the one installed does not load: {error}"
        raise InputError(
            f"--to {target} needs {package} in a version for pySigma 2, and {why}. "
            "The versions that were known when this was written are for pySigma 1, and would replace the one in use"
        ) from error
