"""No bytes whatever make the reading of network logs raise or hang: damaged logs of every sensor."""

from __future__ import annotations

import faulthandler
import os
import time
from random import Random

import pytest

from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.normalise.wanted import Asked
from hopwatch.readers.registry import read
from hopwatch.readers.source import bytes_source
from hopwatch.store.database import connect
from tests.network.reading import CONN, CONNECTION, FLOW, TABLES, jsonl, zeek, zeek_of
from tests.network.test_names import AUDIT, CSV
from tests.network.test_suricata import ANSWER, BIND, DNS, event, flow, smb
from tests.network.test_zeek import LOGS, escaped
from tests.support.mutate import mutate

CASES = int(os.environ.get("HOPWATCH_FUZZ_CASES", "2100")) // 10
SLOW = 5.0  # seconds of work that no case may take
TOGETHER = 20  # cases between two mendings of the store
ROW = [CONNECTION[name] for name in CONN.split()]

SAMPLES = {
    "zeek conn": zeek("conn", CONN, ROW, ROW),
    "zeek logs": b"".join(zeek_of(log, {k: escaped(v) for k, v in {**FLOW, **own}.items()}) for log, _, own, _ in LOGS),
    "zeek JSON": jsonl(CONNECTION, *({"_path": log, **FLOW, **own} for log, _, own, _ in LOGS)),
    "suricata": jsonl(
        flow(), *(event("dns", dns) for dns in DNS.values()), event("dcerpc", BIND),
        event("dns", {"answers": [ANSWER]}),
        smb("SMB2_COMMAND_TREE_CONNECT", share="\\\\SRV01\\C$", ntlmssp={"user": "a"}, dcerpc=BIND),
    ),
    "dhcp": AUDIT.encode(),
    "assets": CSV.encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", SAMPLES)
def test_damaged_network_logs_are_read_as_far_as_they_can_be(kind: str) -> None:
    faulthandler.dump_traceback_later(120 + CASES, exit=True)
    summary = Summary()
    with connect() as con:
        ingest = Ingest(con, Asked({"Security": {4624}}), summary)
        for number in range(CASES):
            begin = time.process_time()
            source = bytes_source(f"{number}.log", mutate(SAMPLES[kind], Random(f"{kind} {number}")))
            for batch in read(source, lambda reason: summary.skip("any", reason)):
                ingest.add(batch, source.name)
            if number % TOGETHER == TOGETHER - 1:
                ingest.finish()
                for table in TABLES:
                    con.execute(f"DELETE FROM {table}")
            assert time.process_time() - begin < SLOW, f"case {number} of {kind!r} is slow"
        ingest.finish()
    faulthandler.cancel_dump_traceback_later()
    assert summary.kept > 0, "the damage is so great that nothing is tested behind the readers"
    assert summary.skips, "the damage is so small that nothing is tested"
