"""Scans paths in one go and prints as JSON how long the reading and how long the rest of it took."""

from __future__ import annotations

import json
import os
import sys
import time

from hopwatch.correlate.detect import Options
from hopwatch.pipeline.logs import LogOptions, read_logs
from hopwatch.pipeline.scan import hops_of
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns
from hopwatch.store.database import plan_for


def main() -> None:
    """Scan the paths that are given."""
    rules = own_rules(schema_columns())
    begin = time.perf_counter()
    con, summary = read_logs(sys.argv[1:], LogOptions(jobs=os.cpu_count() or 1), rules)
    read = time.perf_counter()
    plan_for(con, summary.kept)
    hops = hops_of(con, rules, Options(every=False))
    done = time.perf_counter()
    figures = {"records": summary.records, "kept": summary.kept, "hops": len(hops)}
    print(json.dumps(figures | {"reading": read - begin, "correlation": done - read}))


if __name__ == "__main__":
    main()
