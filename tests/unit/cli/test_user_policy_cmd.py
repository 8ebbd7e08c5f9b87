"""``bushel user policy`` on a folder that no server has open; beside a server it is tested with S3."""

import io
import json

import pytest

from bushel.catalog.users import MAX_POLICIES
from bushel.cli.main import main
from bushel.protocol.policy import read_policy
from bushel.protocol.policy.canned import CANNED

DOCUMENT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}'


@pytest.fixture
def policy(tmp_path, capsys):
    """Run ``bushel user policy ...`` on a folder that has the user alice: exit status, output, error."""
    data = tmp_path / "data"
    data.mkdir()
    add = ("user", "add", "alice", "--access-key", "ALICE", "--secret-key", "alice's secret")
    assert main([*add, "--data", str(data)]) == 0
    capsys.readouterr()

    def run(*arguments):
        status = main(["user", "policy", *arguments, "--data", str(data)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "policy.json"
    path.write_text(DOCUMENT)
    return path


def test_a_new_user_has_none(policy):
    assert policy("list", "alice") == (0, "", "")


def test_what_comes_with_bushel_is_listed_attached_and_shown(policy):
    assert policy("list") == (0, "".join(f"{name}\n" for name in CANNED), "")
    assert policy("attach", "alice", "readonly") == (0, "", "")
    assert policy("list", "alice") == (0, "readonly\n", "")
    assert policy("show", "alice", "readonly") == (0, CANNED["readonly"] + "\n", "")


@pytest.mark.parametrize("document", CANNED.values(), ids=CANNED)
def test_what_comes_with_bushel_is_policies(document):
    assert read_policy(document).statements


def test_a_file_is_kept_as_it_is_until_it_is_replaced_or_removed(policy, file):
    assert policy("put", "alice", "reports", str(file)) == (0, "", "")
    assert policy("show", "alice", "reports") == (0, DOCUMENT + "\n", "")
    file.write_text(DOCUMENT.replace("Get", "List"))
    assert policy("put", "alice", "reports", str(file))[0] == 0
    listed = [json.loads(line) for line in policy("list", "alice", "--json")[1].splitlines()]
    assert listed == [{"name": "reports", "document": DOCUMENT.replace("Get", "List")}]
    assert policy("remove", "alice", "reports") == (0, "", "")
    assert policy("list", "alice") == (0, "", "")


def test_a_policy_is_read_from_standard_input(policy, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(DOCUMENT.encode())))
    assert policy("put", "alice", "reports", "-")[0] == 0
    assert policy("show", "alice", "reports")[1] == DOCUMENT + "\n"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("attach", "bob", "readonly"), "no user bob"),
        (("list", "bob"), "no user bob"),
        (("show", "alice", "reports"), "alice has no policy reports"),
        (("remove", "alice", "reports"), "the user has no policy reports"),
        (("put", "alice", "readonly", "FILE"), "choose another name"),
        (("put", "alice", "a b", "FILE"), "a policy's name has"),
        (("put", "alice", "reports", "BAD"), "Missing required field Statement"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(policy, file, arguments, problem):
    bad = file.with_name("bad.json")
    bad.write_text("{}")
    paths = {"FILE": str(file), "BAD": str(bad)}

    status, out, err = policy(*(paths.get(argument, argument) for argument in arguments))

    assert (status, out, err.count("\n")) == (1, "", 1)
    assert problem in err
    assert policy("list", "alice") == (0, "", "")


def test_a_user_has_so_many_and_no_more(policy, file):
    for number in range(MAX_POLICIES):
        assert policy("put", "alice", f"p{number}", str(file))[0] == 0
    assert policy("put", "alice", "p0", str(file))[0] == 0
    assert policy("attach", "alice", "readonly")[0] == 1
    assert len(policy("list", "alice")[1].splitlines()) == MAX_POLICIES
