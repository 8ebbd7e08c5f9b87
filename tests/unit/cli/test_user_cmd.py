"""``bushel user`` on a folder that no server has open; beside a server it is tested with S3."""

import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bushel.cli.main import main
from bushel.core.credentials import read_credentials
from bushel.protocol.policy import user_arn

BUSHEL = Path(sys.executable).with_name("bushel")


@pytest.fixture
def user(tmp_path, capsys):
    """Run ``bushel user ...`` on a folder: exit status, standard output, standard error."""
    data = tmp_path / "data"
    data.mkdir()

    def run(*arguments):
        status = main(["user", *arguments, "--data", str(data)])
        said = capsys.readouterr()
        return status, said.out, said.err

    run.data = data
    return run


@pytest.fixture
def alice(user):
    assert user("add", "alice", "--access-key", "ALICE", "--secret-key", "alice's secret")[0] == 0


def listed(user):
    status, out, _ = user("list", "--json")
    assert status == 0
    return [json.loads(line) for line in out.splitlines()]


def on_a_terminal(*arguments):
    """Exit status and what the terminal shows."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([str(BUSHEL), *arguments], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # how Linux says that nobody has the other end any more
        pass
    os.close(ours)
    return process.wait(30), shown.decode().replace("\r\n", "\n")


def test_a_new_store_has_no_users(user):
    assert listed(user) == []


def test_a_user_is_listed_as_added(user):
    status, out, _ = user(
        *("add", "bob", "--id", "b0b", "--display-name", "Bob B.", "--email", "bob@example.org"),
        *("--access-key", "BOB", "--secret-key", "bob's secret"),
    )

    assert status == 0
    assert "bob's secret" not in out
    expected = {
        "name": "bob",
        "id": "b0b",
        "display_name": "Bob B.",
        "email": "bob@example.org",
        "access_key": "BOB",
        "state": "enabled",
        "arn": user_arn("b0b", "bob"),
    }
    assert listed(user) == [expected]
    columns = ["bob", "BOB", "enabled", "b0b", expected["arn"], "bob@example.org", "Bob", "B."]
    assert user("list")[1].splitlines()[1].split() == columns


@pytest.mark.usefixtures("alice")
def test_no_two_users_share_an_account_number(user, monkeypatch):
    monkeypatch.setattr("bushel.cli.user_cmd.account_of", len)

    status, _, err = user("add", "bob", "--id", "b" * 64, "--access-key", "BOB", "--secret-key", "bob's secret")

    assert (status, err.count("\n")) == (1, 1)
    assert "account number" in err
    assert [each["name"] for each in listed(user)] == ["alice"]


def test_a_secret_is_read_from_a_line_of_standard_input(user, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stdin", io.StringIO("from standard input\nnot this\n"))
    assert user("add", "bob", "--access-key", "BOB", "--secret-key", "-")[0] == 0

    assert user("list", "--show-secret", "bob", "--secret-file", str(tmp_path / "bob"))[0] == 0
    assert read_credentials(tmp_path / "bob") == ("BOB", "from standard input")


@pytest.mark.parametrize(
    "arguments", [("add", "bob"), ("rotate", "alice"), ("list", "--show-secret", "alice")], ids=lambda given: given[0]
)
@pytest.mark.usefixtures("alice")
def test_a_secret_is_not_written_into_a_pipe(user, arguments):
    before = listed(user)

    status, out, err = user(*arguments)

    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "--secret-file" in err
    assert listed(user) == before


def test_a_made_secret_goes_into_a_new_file_of_its_owner(user, tmp_path):
    file = tmp_path / "alice.credentials"

    status, out, _ = user("add", "alice", "--secret-file", str(file))

    assert status == 0
    access_key, secret_key = read_credentials(file)
    assert listed(user)[0]["access_key"] == access_key
    assert secret_key not in out
    assert str(file) in out
    assert file.stat().st_mode & 0o777 == 0o600
    assert [file.name] == [entry.name for entry in tmp_path.iterdir() if entry.is_file()]


def test_a_file_that_is_there_is_left_as_it_is_and_nobody_added(user, tmp_path):
    file = tmp_path / "precious"
    file.write_text("precious")

    status, _, err = user("add", "alice", "--secret-file", str(file))

    assert (status, err) == (1, f"bushel: --secret-file {file}: File exists\n")
    assert file.read_text() == "precious"
    assert listed(user) == []


@pytest.mark.usefixtures("alice")
def test_no_file_is_left_for_a_user_who_could_not_be_added(user, tmp_path):
    status, _, err = user("add", "alice", "--secret-file", str(tmp_path / "new"))

    assert (status, err) == (1, "bushel: the user name alice is taken\n")
    assert not (tmp_path / "new").exists()


def test_a_terminal_is_shown_the_secret_once_by_the_command_that_makes_it(user):
    status, shown = on_a_terminal("user", "add", "alice", "--data", str(user.data))
    assert status == 0
    secret = re.search(r"^secret key +(\S{40})$", shown, re.MULTILINE)[1]

    assert secret in on_a_terminal("user", "list", "--show-secret", "alice", "--data", str(user.data))[1]
    assert secret not in on_a_terminal("user", "list", "--data", str(user.data))[1]
    assert secret not in on_a_terminal("user", "rotate", "alice", "--data", str(user.data))[1]


@pytest.mark.usefixtures("alice")
def test_rotate_replaces_the_pair_and_nothing_else(user, tmp_path):
    (before,) = listed(user)

    assert user("rotate", "alice", "--secret-file", str(tmp_path / "new"))[0] == 0

    access_key, _ = read_credentials(tmp_path / "new")
    assert access_key != "ALICE"
    assert listed(user) == [{**before, "access_key": access_key}]
    assert user("rotate", "alice", "--access-key", "AGAIN", "--secret-key", "12345678")[0] == 0
    assert listed(user)[0]["access_key"] == "AGAIN"


@pytest.mark.usefixtures("alice")
def test_disable_and_enable_are_seen_in_the_list(user):
    assert user("disable", "alice") == (0, "", "")
    assert listed(user)[0]["state"] == "disabled"
    assert user("enable", "alice") == (0, "", "")
    assert listed(user)[0]["state"] == "enabled"


@pytest.mark.usefixtures("alice")
def test_a_removed_user_is_gone_and_the_name_is_free(user):
    assert user("remove", "alice") == (0, "", "")
    assert listed(user) == []
    assert user("add", "alice", "--access-key", "ALICE", "--secret-key", "another secret")[0] == 0


@pytest.mark.parametrize("action", ["rotate", "disable", "enable", "remove"])
def test_a_user_who_is_not_there_is_refused_in_one_line(user, action, tmp_path):
    more = ("--secret-file", str(tmp_path / "new")) if action == "rotate" else ()

    assert user(action, "nobody", *more) == (1, "", f"bushel: no user nobody in {user.data}\n")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["add", "a\nb"], "a user name has"),
        (["add", "a", "--id", "../x"], "a user id has"),
        (["add", "a", "--email", "nowhere"], "'nowhere' is not an e-mail address"),
        (["add", "alice"], "the user name alice is taken"),
    ],
)
@pytest.mark.usefixtures("alice")
def test_what_the_catalog_refuses_is_one_line(user, arguments, line):
    status, out, err = user(*arguments, "--access-key", "NEW", "--secret-key", "12345678")

    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"bushel: {line}")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["add", "a", "--access-key", "KEY"], "bushel user add: --access-key and --secret-key go together"),
        (["add", "a", "--secret-key", "S"], "bushel user add: --access-key and --secret-key go together"),
        (["list", "--secret-file", "x"], "bushel user list: --secret-file goes with --show-secret NAME"),
    ],
)
def test_options_that_need_each_other_are_refused_alone(user, arguments, line):
    assert user(*arguments) == (2, "", f"{line}\n")


def test_a_folder_that_is_not_there_is_not_made(tmp_path, capsys):
    assert main(["user", "list", "--data", str(tmp_path / "typo")]) == 2

    assert "does not exist" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_somebody_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("all of it")

    assert main(["user", "list", "--data", str(tmp_path)]) == 1

    assert capsys.readouterr().err.count("\n") == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]
