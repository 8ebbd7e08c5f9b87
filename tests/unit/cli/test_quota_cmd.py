"""``bushel quota`` on a folder that no server has open; beside a server it is tested with S3."""

import json

import pytest

from bushel.cli.main import main


@pytest.fixture
def bushel(tmp_path, capsys):
    """Run ``bushel ... --data DIR``: exit status, standard output, standard error."""
    data = tmp_path / "data"
    data.mkdir()

    def run(*arguments):
        status = main([*arguments, "--data", str(data)])
        said = capsys.readouterr()
        return status, said.out, said.err

    assert run("user", "add", "alice", "--access-key", "ALICE", "--secret-key", "alice's secret")[0] == 0
    return run


def test_what_was_set_is_shown_until_it_is_cleared(bushel):
    assert bushel("quota", "show")[1].split() == ["OF", "NAME", "SIZE", "MAX", "SIZE", "OBJECTS", "MAX", "OBJECTS"]
    assert bushel("quota", "set", "--user", "alice", "--max-size", "1.5K")[0] == 0
    facts = json.loads(bushel("quota", "show", "--json")[1])
    assert facts == {
        "of": "user",
        "name": "alice",
        "bytes": 0,
        "max_bytes": 1536,
        "objects": 0,
        "max_objects": None,
    }
    assert bushel("quota", "set", "--user", "alice", "--max-objects", "7")[0] == 0
    assert bushel("quota", "show", "--user", "alice")[1].splitlines()[1].split() == [
        *("user", "alice", "0", "B", "none", "0", "7"),
    ]
    for _ in range(2):
        assert bushel("quota", "clear", "--user", "alice")[0] == 0
        assert bushel("quota", "show", "--json")[1] == ""


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("set", "--user", "alice"), 2, "--max-size or --max-objects"),
        (("set", "--max-size", "1K"), 2, "either --bucket or --user"),
        (("set", "--user", "alice", "--bucket", "b", "--max-size", "1K"), 2, "either --bucket or --user"),
        (("set", "--user", "alice", "--max-size", "much"), 2, "no size"),
        (("set", "--user", "alice", "--max-size", "9999999TiB"), 2, "at most"),
        (("set", "--user", "alice", "--max-objects", "-1"), 2, "range"),
        (("set", "--user", "nobody", "--max-size", "1K"), 1, "no user nobody"),
        (("set", "--bucket", "nowhere", "--max-size", "1K"), 1, "no bucket nowhere"),
        (("clear", "--bucket", "nowhere"), 1, "no bucket nowhere"),
        (("show", "--bucket", "nowhere"), 1, "no bucket nowhere"),
        (("show", "--user", "nobody"), 1, "no user nobody"),
        (("show", "--user", "alice", "--bucket", "b"), 2, "do not go together"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(bushel, arguments, status, says):
    found, out, err = bushel("quota", *arguments)

    assert (found, out, err.count("\n")) == (status, "", 1)
    assert says in err
    assert bushel("quota", "show", "--json")[1] == ""
