"""A query reaches no file, no network and no setting, and takes no more than its time, memory and rows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hopwatch.hunt.limits import limits
from hopwatch.hunt.run import Question, ask
from hopwatch.model.errors import QueryError
from tests.hunt.world import Log, asking, stored

SECRET = "not-for-queries"
HOSTILE = (
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM read_csv_auto('{file}')",
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_blob('{file}')",
    "SELECT * FROM read_json('{file}')",
    "SELECT * FROM read_json_objects('{file}')",
    "SELECT * FROM read_parquet('{file}')",
    "SELECT * FROM parquet_metadata('{file}')",
    "SELECT * FROM sniff_csv('{file}')",
    "SELECT * FROM '{file}'",
    'SELECT * FROM "{file}"',
    "FROM '{file}'",
    "WITH a AS (SELECT 1) SELECT * FROM a, '{file}'",
    "SELECT (SELECT content FROM read_text('{file}'))",
    "SELECT * FROM events WHERE EXISTS (SELECT 1 FROM glob('*'))",
    "SELECT * FROM events SEMI JOIN read_text('{file}') r ON TRUE",
    "SELECT * FROM glob('/etc/*')",
    "SELECT getenv('HOME')",
    "SELECT 'HOME'.getenv()",
    "SELECT list_transform(['HOME'], lambda x: getenv(x))",
    "SELECT current_setting('temp_directory')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_tables()",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM pragma_database_list()",
    "SELECT * FROM pragma_table_info('windows_event')",
    "SELECT * FROM pragma_storage_info('windows_event')",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM store.main.windows_event",
    "SELECT * FROM store.windows_event",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('windows_event')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT write_log('x')",
    "SELECT nextval('s')",
    "COPY events TO '{out}'",
    "COPY (SELECT 1) TO '{out}' (FORMAT parquet)",
    "EXPORT DATABASE '{out}'",
    "ATTACH '{out}' AS o",
    "ATTACH 'https://h.example/x.db' AS o (TYPE duckdb)",
    "DETACH store",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET memory_limit = '100GB'",
    "RESET memory_limit",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "CREATE TABLE t AS SELECT 1",
    "CREATE MACRO m() AS 1",
    "INSERT INTO windows_event SELECT * FROM windows_event",
    "UPDATE windows_event SET host = 'x'",
    "DELETE FROM windows_event",
    "DROP TABLE windows_event",
    "SELECT 1; DROP TABLE windows_event",
    "SELECT 1; SELECT * FROM '{file}'",
    "CALL pragma_version()",
    "VACUUM FULL",
    "EXPLAIN ANALYZE SELECT 1",
    "DESCRIBE events",
    "SUMMARIZE events",
    "SHOW ALL TABLES",
    "SELECT * FROM (DESCRIBE events)",
    "SELECT * FROM 'https://h.example/x.csv'",
    "SELECT * FROM read_csv('s3://bucket/x.csv')",
    "externaldata(a:string)['{file}']",
    "externaldata(a:string)[h@'https://h.example/x.csv']",
    "cluster('h.example').database('d').T",
    "database('d').T",
    "external_table('x') | take 1",
    ".show tables",
    ".set T <| events",
    ".drop table windows_event",
    ".ingest into table T ('{file}')",
    "['{file}'] | take 1",
    "union ['{file}'], events",
    "events | join kind=inner (['{file}']) on Computer",
    "events | where read_text('{file}') == ''",
    "events | extend x = getenv('HOME')",
    "let f = externaldata(a:string)['{file}']; f",
    "events | evaluate python(typeof(*), 'import os')",
    "events | evaluate sql_request('server=h.example', 'select 1')",
    "events | evaluate http_request('https://h.example')",
    "print x = current_principal()",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guard")
    log = Log()
    for i in range(50):
        log.logon("srv01", i)
    store = stored(log, folder)
    (folder / "secret.csv").write_text(f"a,b\n{SECRET},1\n")
    (folder / "temp").mkdir()
    return store, folder, asking(store, folder / "temp")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_query_that_reaches_beyond_the_tables_is_refused(world, text):
    _, folder, asks = world
    before = {path: path.stat().st_size for path in folder.iterdir()}
    with pytest.raises(QueryError) as caught:
        asks.rows(text.replace("{file}", str(folder / "secret.csv")).replace("{out}", str(folder / "out")))
    assert SECRET not in str(caught.value)
    assert {path: path.stat().st_size for path in folder.iterdir()} == before


UNGUARDED = (
    "SELECT * FROM read_text('{file}')", "COPY (SELECT 1) TO '{out}'", "ATTACH '{out}' AS o", "LOAD httpfs", "INSTALL httpfs",  # noqa: E501
    "SET enable_external_access = true", "SET memory_limit = '9GB'", "SELECT * FROM '{file}'", "DELETE FROM store.main.windows_event",  # noqa: E501
    "INSERT INTO store.main.asset (host) VALUES ('x')", "SELECT * FROM glob('*')",
)  # fmt: skip


@pytest.mark.parametrize("sql", UNGUARDED)
def test_the_database_itself_refuses_what_would_slip_past_the_guard(world, sql):
    _, folder, asks = world
    import duckdb

    with pytest.raises(duckdb.Error):
        asks.con.execute(
            sql.replace("{file}", str(folder / "secret.csv")).replace("{out}", str(folder / "out"))
        ).fetchall()
    assert not (folder / "out").exists()


GREEDY = (
    "SELECT count(*) FROM range(100000000000) a, range(1000000) b",
    "SELECT sum(a.range * b.range) FROM range(10000000000) a, range(1000000) b",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "WITH RECURSIVE r AS (SELECT 'x' AS t UNION ALL SELECT t || t FROM r) SELECT max(length(t)) FROM r",
    "SELECT length(repeat('x', 4000000000))",
    "SELECT len(range(100000000000))",
    "SELECT list_sum(generate_series(1, 10000000000))",
    'SELECT count(DISTINCT a."EventRecordId" || b.range) FROM events a, range(100000000) b',
    "SELECT * FROM range(100000000000) ORDER BY hash(range) DESC",
    "SELECT string_agg(range::VARCHAR, ',') FROM range(10000000000)",
    "range x from 1 to 100000000000 step 1 | summarize count() by x",
    "events | extend a = 1 | join kind=inner (range x from 1 to 10000000000 step 1 | extend a = 1) on a | count",
    "print x = strrep('x', 2000000000)",
)


@pytest.mark.parametrize("text", GREEDY)
def test_a_query_that_takes_too_much_is_ended(world, text):
    store, _, _ = world
    bounds = limits(seconds=3, memory=200, temp=100)
    before = os.times()
    with pytest.raises(QueryError, match=r"longer than|memory|broke off|cannot be|expected"):
        list(ask(store, Question(text), bounds).rows())
    assert os.times().elapsed - before.elapsed < 40


def test_of_many_rows_no_more_are_given_than_asked_for(world):
    store, _, _ = world
    answer = ask(store, Question("SELECT * FROM range(1000000000)"), limits(seconds=20, rows=25))
    assert [row[0] for row in answer.rows()] == list(range(25))
    assert (answer.given, answer.more) == (25, True)


def test_a_value_that_is_very_long_is_cut_and_counted(world):
    store, _, _ = world
    answer = ask(store, Question("SELECT repeat('x', 3000000) AS x"), limits(seconds=20))
    assert [len(row[0]) for row in answer.rows()] == [1_000_001]
    assert answer.cut == 1


def test_queries_leave_the_store_and_the_temporary_folder_as_they_were(world, tmp_path, monkeypatch):
    store, _, _ = world
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = store.read_bytes()
    list(ask(store, Question("events | count"), limits()).rows())
    with pytest.raises(QueryError):
        ask(store, Question("nosuch | count"), limits())
    assert store.read_bytes() == before
    assert list(Path(tmp_path).iterdir()) == []
