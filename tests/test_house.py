"""The project is built as its design says: modules, pages, packaging, and what must not stand in it."""

from __future__ import annotations

import ast
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.main import get_command

from hopwatch.cli.main import application

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src"
MODULES = sorted(p for p in SRC.rglob("*.py") if ".egg-info" not in str(p))
LONGEST_FUNCTION, LONGEST_FILE = 50, 300
MADE = {"build", "dist", "__pycache__", "node_modules"}
COMMANDS = get_command(application()).commands  # type: ignore[attr-defined]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))

# Put together from parts, so that they do not stand in this file themselves.
FOLDERS = "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers"))
REGISTRIES = "|".join(
    (r"\bpy" + r"pi\.", "python" + "hosted", "index" + "-url", "arti" + "factory", r"\bnex" + r"us\.")
)
FORBIDDEN = {
    "a path of one machine": re.compile(rf"(?<![\w.:/])/(?:{FOLDERS})/[\w.-]"),
    "a package registry": re.compile(REGISTRIES, re.IGNORECASE),
    "a tool or text of ours alone": re.compile(
        r"\bissues (?:show|list)\b|\.\./" + r"shared(?!/corpus\b)|\b(?:STACK|DESIGN)" + r"\.md\b"
    ),
}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def own_files() -> Iterator[Path]:
    """Every file of the project, but what tools made."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part not in (".ci", ".gitignore") for part in parts)
        if path.is_file() and not hidden and not MADE & set(parts) and ".egg-info" not in str(path):
            yield path


def own_texts() -> dict[str, str]:
    """The text of every file of the project that is text."""
    texts = {}
    for path in own_files():
        content = path.read_bytes()
        if b"\0" not in content and not content.startswith(b"\x1f\x8b"):
            texts[name(path)] = content.decode("utf-8")
    return texts


# The code


def test_who_may_import_whom_is_kept():
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_opens_with_one_line_that_says_what_it_is_for():
    docs = {name(path): ast.get_docstring(parsed(path)) or "" for path in MODULES}
    assert [file for file, text in docs.items() if "\n" in text or not text.endswith(".")] == []


def test_functions_are_short():
    long = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_files_are_short():
    code = [path for path in own_files() if path.suffix in (".py", ".sql") and path.is_relative_to(SRC)]
    assert [name(path) for path in code if len(path.read_text("utf-8").splitlines()) > LONGEST_FILE] == []


# The documentation


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_a_page_that_names_all_that_can_be_given_to_it(command):
    page = ROOT / "docs" / f"{command}.md"
    assert page.exists(), f"write {name(page)}"
    text = page.read_text("utf-8")
    assert [word for word in sorted(words(command, COMMANDS[command])) if f"`{word}" not in text] == []


def words(path: str, command: Any) -> set[str]:
    """The options of a command, and of a group of commands also what each of them is called."""
    found = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    for inner, below in getattr(command, "commands", {}).items():
        found |= {f"hopwatch {path} {inner}"} | words(f"{path} {inner}", below)
    return found - {"--help"}


def test_every_rule_and_source_shape_has_its_page_and_the_readme_shows_real_output():
    generate = runpy.run_path(str(ROOT / "docs/generate.py"))
    assert generate["stale"]() == [], f"refresh with: {generate['REFRESH']}"


def test_text_of_rules_and_shapes_never_becomes_markup():
    generate = runpy.run_path(str(ROOT / "docs/generate.py"))
    plain, code, fenced = generate["plain"], generate["code"], generate["fenced"]
    assert plain("a|b <script> [x](y) *b* ADMIN$ a_b\n# c\x1b\u202e") == (
        r"a\|b \<script\> \[x\](y) \*b\* ADMIN\$ a_b # c\\x1b\\u202e"
    )
    assert [plain(text) for text in ("# a", "- a", "1. a", "`x|y` `")] == [r"\# a", r"\- a", r"1\. a", r"`x\|y` \`"]
    assert [code(text) for text in ("a|b", "a``b", "`")] == [r"`a\|b`", "```a``b```", "`` ` ``"]
    assert fenced("```\n<b>")[0] == "````"


def test_every_link_of_the_documentation_leads_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    dead = [(name(page), link) for page in pages for link in links(page) if not (page.parent / link).exists()]
    assert dead == []


def links(page: Path) -> list[str]:
    """The links of a page to other files of the project."""
    text = re.sub(r"(`+).*?\1|\\\]", "", page.read_text("utf-8"), flags=re.DOTALL)
    return [link for link in re.findall(r"\]\(([^)\s#]+)[^)]*\)", text) if ":" not in link]


def test_every_make_target_that_a_text_names_exists():
    texts = {file: text for file, text in own_texts().items() if file.endswith((".md", ".py", ".toml", "run"))}
    command = re.compile(r"(?:`|^ *)make ([a-z-]+)(?=[` \n])", re.MULTILINE)
    named = {(file, target) for file, text in texts.items() for target in command.findall(text)}
    assert [(file, target) for file, target in sorted(named) if target not in TARGETS] == []


def test_every_make_target_says_what_it_does():
    assert {"help", "install", "demo", "test", "check", "fuzz", "bench", "docs-pages", "golden", "clean"} <= TARGETS
    assert set(re.findall(r"^([a-z-]+):.* ## ", MAKEFILE, re.MULTILINE)) == TARGETS


# What the project stands on


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_project_names_nothing_of_the_machine_it_was_written_on(what):
    found = [f"{file}: {hit[0]}" for file, text in own_texts().items() if (hit := FORBIDDEN[what].search(text))]
    assert found == []


def test_the_corpus_is_named_by_tests_and_the_makefile_only():
    corpus = "shared" + "/corpus"
    named = {file for file, text in own_texts().items() if corpus in text and not file.startswith("tests/")}
    assert named <= {"Makefile", "pyproject.toml"}


def test_the_lock_files_pin_every_dependency_in_its_range():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    runtime = locked("requirements.lock")
    for text in project["dependencies"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(runtime[canonicalize_name(wanted.name)]), text
    tools = {canonicalize_name(Requirement(text).name) for text in project["optional-dependencies"]["dev"]}
    assert tools <= set(runtime | locked("requirements-dev.lock"))


def locked(file: str) -> dict[str, str]:
    """The pinned versions of a lock file, each of whose lines is `name==version`."""
    lines = (ROOT / file).read_text("utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][\w.]*", line)] == []
    return {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in lines}


def test_a_wheel_holds_every_data_file(tmp_path):
    tree = tmp_path / "tree"
    skip = shutil.ignore_patterns("*.egg-info", "__pycache__")
    shutil.copytree(SRC, tree / "src", ignore=skip)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, tree)
    build = "import sys; from setuptools.build_meta import build_wheel; print(build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", build, tmp_path]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    with zipfile.ZipFile(tmp_path / done.stdout.split()[-1]) as wheel:
        packed = set(wheel.namelist())
    wanted = {str(path.relative_to(tree / "src")) for path in (tree / "src/hopwatch").rglob("*") if path.is_file()}
    assert sorted(wanted - packed) == [], "name the kind of file in pyproject.toml: [tool.setuptools.package-data]"
