"""Users that come and go while the server runs, and what is never told of them."""

from live.wire import Wire


def test_users_come_and_go_while_the_server_runs(start_server, clients):
    """``bushel user`` acts on the next request of every worker."""
    server = start_server(workers=3)
    first, data = ("TEMPORARYUSERKEY0000", "first-secret/of+this/user/0123456789"), str(server.data)

    def answers(keys):
        wire = Wire(server.endpoint, *keys)
        return [wire.signed("GET", "/") for _ in range(12)]  # enough connections to meet every worker

    assert {answer.code for answer in answers(first)} == {"InvalidAccessKeyId"}
    server.add_user("tim", *first)
    assert {answer.status for answer in answers(first)} == {200}
    assert "tim" in server.bushel("user", "list", "--data", data)
    assert first[1] not in server.bushel("user", "list", "--data", data)
    server.bushel("user", "disable", "tim", "--data", data)
    refusals = answers(first)
    assert {answer.status for answer in refusals} == {403}
    assert {answer.code for answer in refusals} <= {"InvalidAccessKeyId", "AccessDenied", "AccountProblem"}


def test_a_removed_user_is_unknown_at_once(start_server):
    server = start_server(workers=3)
    keys = ("TEMPORARYUSERKEY0000", "first-secret/of+this/user/0123456789")
    server.add_user("tim", *keys)
    wire = Wire(server.endpoint, *keys)
    assert {wire.signed("GET", "/").status for _ in range(12)} == {200}
    server.bushel("user", "remove", "tim", "--data", str(server.data))
    assert {wire.signed("GET", "/").code for _ in range(12)} == {"InvalidAccessKeyId"}


def test_a_rotated_key_replaces_the_old_one_at_once(start_server):
    server = start_server(workers=3)
    keys = ("TEMPORARYUSERKEY0000", "first-secret/of+this/user/0123456789")
    server.add_user("tim", *keys)
    old = Wire(server.endpoint, *keys)
    assert {old.signed("GET", "/").status for _ in range(12)} == {200}
    pair = ("ROTATEDUSERKEY000000", "second-secret/of+this/user/0123456789")
    arguments = ("--access-key", pair[0], "--secret-key", "-", "--data", str(server.data))
    server.bushel("user", "rotate", "tim", *arguments, stdin=pair[1] + "\n")
    assert {old.signed("GET", "/").status for _ in range(12)} == {403}
    assert {Wire(server.endpoint, *pair).signed("GET", "/").status for _ in range(12)} == {200}


def test_secrets_are_not_logged(server, wire, bucket, put):
    offset = server.log_size()
    put("key")
    target = wire.presigned("GET", f"/{bucket}/key")
    wire.send("GET", target)
    authorization = wire.signed_headers("GET", f"/{bucket}/key")
    wire.send("GET", f"/{bucket}/key", authorization)
    signatures = [target.rpartition("Signature=")[2], authorization["Authorization"].rpartition("Signature=")[2]]
    log = server.log_text(offset)
    assert server.secret_key not in log
    for signature in signatures:
        assert signature not in log
