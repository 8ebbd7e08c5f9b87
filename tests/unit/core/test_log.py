"""How the log looks."""

import io
import json
import logging

import pytest

from bushel.core import log


@pytest.fixture
def lines():
    """Set the log up into a buffer and put everything back afterwards."""
    ours, root = logging.getLogger(log.LOGGER), logging.getLogger()
    before = [(logger, logger.handlers[:], logger.level, logger.propagate) for logger in (ours, root)]
    switches = logging.logThreads, logging.logMultiprocessing
    stream = io.StringIO()

    def configure(level="info", form="text"):
        log.configure(level, form, stream)
        return stream

    yield configure
    for logger, handlers, level, propagate in before:
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)
    logging.logThreads, logging.logMultiprocessing = switches


def test_an_event_is_one_line_with_time_level_process_and_place(lines):
    stream = lines()

    logging.getLogger("bushel.server.http").warning(
        "refused %s", "GET", extra={"facts": {"bucket": "a b", "status": 403}}
    )

    moment, rest = stream.getvalue().split(" ", 1)
    assert moment.endswith("Z")
    assert len(moment) == len("2026-02-03T04:05:06.789Z")
    level, process, where, message = rest.split(" ", 3)
    assert (level, where, message) == ("WARNING", "server.http:", 'refused GET bucket="a b" status=403\n')
    assert process.isdigit()


def test_json_gives_facts_their_own_members_but_not_the_names_that_are_taken(lines):
    stream = lines(form="json")

    logging.getLogger("bushel.x").info("stored", extra={"facts": {"bytes": 7, "path": object, "time": "never"}})

    event = json.loads(stream.getvalue())
    assert (event["level"], event["logger"], event["message"], event["bytes"]) == ("info", "bushel.x", "stored", 7)
    assert event["path"] == str(object)
    assert event["time"] != "never"


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_a_client_chose_cannot_forge_a_line(lines, form):
    stream = lines(form=form)

    logging.getLogger("bushel.x").info("key %s", "a\n2026 INFO forged\r\u2028\x1b[2J\udcff")

    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().endswith("\n")
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_exception_stays_on_the_line_of_its_event(lines, form):
    stream = lines(form=form)

    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("bushel.x").exception("could not")

    assert stream.getvalue().count("\n") == 1
    assert "Traceback (most recent call last)" in stream.getvalue()
    assert "ValueError: broken" in stream.getvalue()


def test_the_level_holds_for_ours_and_at_least_warning_for_others(lines):
    stream = lines("debug")
    logging.getLogger("bushel.x").debug("ours")
    logging.getLogger("asyncio").info("theirs")
    logging.getLogger("asyncio").warning("trouble")
    assert [line.rpartition(" ")[2] for line in stream.getvalue().splitlines()] == ["ours", "trouble"]

    stream = lines("error")
    logging.getLogger("bushel.x").warning("quiet")
    assert "quiet" not in stream.getvalue()


def test_setting_up_again_does_not_double_lines(lines):
    lines()
    stream = lines()

    logging.getLogger("bushel.x").info("once")

    assert stream.getvalue().count("once") == 1


SECRET = "0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        f"GET /b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={SECRET} HTTP/1.1",
        f"GET /b/k?x-amz-signature={SECRET}&X-Amz-Expires=60",
        f"GET /b/k?AWSAccessKeyId=AK&Expires=1&Signature={SECRET}%3D",
        f"/b/k?Signature={SECRET}",
        f"/b/k?X-Amz-Security-Token={SECRET}",
        f"Authorization: AWS4-HMAC-SHA256 Credential=AK/x, SignedHeaders=host, Signature={SECRET}",
        f"{{'authorization': 'AWS AK:{SECRET}', 'host': 'a'}}",
        f'authorization="AWS AK:{SECRET}"',
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_grants_access_is_blotted_out(lines, text, form):
    stream = lines(form=form)

    logging.getLogger("bushel.x").info("refused %s", text, extra={"facts": {"target": text}})

    assert SECRET not in stream.getvalue()
    assert "refused" in stream.getvalue()


def test_ordinary_text_is_left_as_it_is():
    for text in ("GET /photos/signature.png", "authorization is missing", "SignatureDoesNotMatch", "x=1&signatures=2"):
        assert text == log.blot(text)
