"""``docs/hosts.md`` says what the table of hosts does."""

from pathlib import Path

import pytest

from djobs_setup.hosts import BY_NAME, HOSTS, Host

LINES = Path(__file__).parents[2].joinpath("docs", "hosts.md").read_text("utf-8").splitlines()


def row(host: Host) -> list[str]:
    (line,) = [each for each in LINES if f"| `{host.name}` |" in each]
    return [cell.strip() for cell in line.strip("|").split("|")]


def base(template: str) -> str:
    return template.rpartition("/")[2]


@pytest.mark.parametrize("name", BY_NAME)
def test_a_host_s_row_names_its_files_and_where_in_them(name: str) -> None:
    host = BY_NAME[name]
    title, _, user, project, at, _ = row(host)
    assert title.startswith(host.title)
    assert base(host.user.files[0]) in user
    assert at.strip("`[]").removesuffix(".djobs") == host.user.at[0]
    assert bool(project) == (host.project is not None)
    if host.project is not None:
        assert host.project.files[0].removeprefix("{project}/") in project
    if host.own[0]:
        assert f"`${host.own[0]}`" in user


def test_the_rows_are_in_the_order_of_the_table() -> None:
    names = [cells[1] for cells in map(row, HOSTS)]
    lines = [line.split("|")[2].strip() for line in LINES if line.count("|") == 7]
    assert [name for name in lines if name in names] == names


def test_what_can_be_approved_is_documented() -> None:
    for host in HOSTS:
        rows = [line.split("|") for line in LINES if line.startswith(f"| {host.title} | ")]
        (cells,) = [each for each in rows if len(each) == 5] or [["", "", "", ""]]
        given = {
            name
            for name, cell in zip(("read-only", "full"), cells[2:4], strict=True)
            if cell.strip()
        }
        assert given == host.approvals, host.title
