"""The documentation speaks of what there is: commands, targets, sources, links, and pages rendered from contracts."""

import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from chiso import contracts
from chiso.authoring import linting
from chiso.cli import cli
from chiso.system.settings import load
from click.testing import CliRunner

SETTINGS = load({})
HOME = SETTINGS.home
PAGES = sorted([*HOME.glob("*.md"), *(HOME / "docs").rglob("*.md")])
WRITTEN = [page for page in PAGES if page.parent.name != "sources"]
TEXT = "\n".join(page.read_text("utf-8") for page in WRITTEN)
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")


def commands(group: click.Group, path: str = "chiso") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


def targets() -> list[str]:
    return re.findall(r"^([a-z]+):", (HOME / "Makefile").read_text("utf-8"), re.MULTILINE)


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_there_is_something_to_check() -> None:
    assert len(targets()) > 5
    assert len(list(commands(cli))) > 10
    assert len(PAGES) > 20


def test_rendered_pages_are_up_to_date() -> None:
    done = CliRunner().invoke(cli, ["source", "docs", "--check"], env={"CHISO_HOME": str(HOME)})
    assert done.exit_code == 0, done.output


def test_check_names_stale_pages_and_writes_nothing(tmp_path: Path) -> None:
    for part in ("include", "expectations"):
        (tmp_path / part).symlink_to(HOME / part)
    done = CliRunner().invoke(cli, ["source", "docs", "--check"], env={"CHISO_HOME": str(tmp_path)})
    assert done.exit_code == 1
    assert "docs/sources/portal-dossiers.md: stale" in done.output
    assert not (tmp_path / "docs").exists()


def test_rendering_removes_pages_of_sources_that_are_gone(tmp_path: Path) -> None:
    for part in ("include", "expectations"):
        (tmp_path / part).symlink_to(HOME / part)
    gone = tmp_path / "docs" / "sources" / "portal-gone.md"
    gone.parent.mkdir(parents=True)
    gone.touch()
    run = CliRunner()
    assert run.invoke(cli, ["source", "docs"], env={"CHISO_HOME": str(tmp_path)}).exit_code == 0
    assert not gone.exists()
    assert run.invoke(cli, ["source", "docs", "--check"], env={"CHISO_HOME": str(tmp_path)}).exit_code == 0


@pytest.mark.parametrize("command", list(commands(cli)))
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"{command}\b", TEXT)


@pytest.mark.parametrize("target", targets())
def test_every_target_is_documented(target: str) -> None:
    assert re.search(rf"make {target}\b", TEXT)


@pytest.mark.parametrize("source", contracts.source_names(SETTINGS))
def test_every_source_is_documented(source: str) -> None:
    assert source in TEXT


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOME)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link in LINK.findall(text):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        aim = (page.parent / name).resolve() if name else page
        assert aim.exists(), link
        assert not anchor or anchor in anchors(aim), link


def test_every_decision_has_a_number_of_its_own() -> None:
    names = [path.name for path in (HOME / "docs" / "adr").glob("*.md")]
    assert all(re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name) for name in names)
    numbers = Counter(int(name[:4]) for name in names)
    assert sorted(numbers.elements()) == list(range(1, len(names) + 1))
    for path in (HOME / "docs" / "adr").glob("*.md"):
        assert path.read_text("utf-8").startswith(f"# {path.name[:4]} ")


def test_the_source_in_the_readme_holds_together(tmp_path: Path) -> None:
    readme = (HOME / "README.md").read_text("utf-8")
    for folder in ("include/schemas", "expectations"):
        for path in (HOME / folder).rglob("*.*"):
            copy = tmp_path / path.relative_to(HOME)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    for language, name in (("yaml", "include/schemas/contracts/departments/meetings.yml"),
                           ("json", "expectations/departments/meetings.json")):
        block = re.search(rf"^   ```{language}\n(.*?)^   ```", readme, re.DOTALL | re.MULTILINE)
        assert block is not None
        (tmp_path / name).write_text(textwrap.dedent(block[1]), "utf-8")
    fixture = tmp_path / "tests" / "fixtures" / "departments" / "meetings.xlsx"
    fixture.parent.mkdir(parents=True)
    fixture.touch()
    assert linting.lint_files(replace(SETTINGS, home=tmp_path), ["departments/meetings"]) == []
