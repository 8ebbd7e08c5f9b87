"""The operator's keys: what a file may hold, who may read it, and how a changed one is taken."""

import base64
import json

import pytest

from bushel.service.encryption.keyring import (
    MASTER,
    Key,
    KeyFile,
    Keyring,
    KeyringError,
    KeyVersion,
    keys_of,
    load_keyring,
    read_keyring,
)

OLD, NEW = KeyVersion(b"o" * 32, "2026-01-02"), KeyVersion(b"n" * 32)


def write(file, keyring):
    draft = file.with_suffix(".draft")
    draft.touch(0o600)
    draft.write_bytes(keyring.dump())
    return draft.replace(file)


def test_what_is_written_is_read():
    keyring = Keyring(
        Key(MASTER, (NEW, OLD)), {"a": Key("a", (OLD,), enabled=False), "b-2_c": Key("b-2_c", (NEW,))}, "a"
    )

    read = load_keyring(keyring.dump())

    assert read.dump() == keyring.dump()
    assert [each.secret for each in read.master.versions] == [NEW.secret, OLD.secret]
    assert (read.key("a").enabled, read.key("b-2_c").enabled, read.default) == (False, True, "a")
    assert (read.key(MASTER), read.key("nobody")) == (read.master, None)
    assert read.master.current.id == NEW.id != OLD.id
    assert read.master.version(OLD.id).secret == OLD.secret
    assert read.master.version(b"") is None


def _versions(*secrets):
    return [{"secret": base64.b64encode(each).decode()} for each in secrets]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a file of keys"),
        (b"[]", "not a file of keys"),
        ({}, "not a file of keys"),
        ({"format": 2}, "format 2"),
        ({"format": 1, "other": 1}, "not a file of keys"),
        ({"format": 1, "master": _versions(b"short")}, "40 bits instead of 256"),
        ({"format": 1, "master": [{"secret": "!"}]}, "Base64"),
        ({"format": 1, "default": "a"}, "the default key a is not there"),
        ({"format": 1, "keys": {"a/b": {"versions": _versions(bytes(32))}}}, "'a/b' is no name"),
        ({"format": 1, "keys": {"a": {"versions": []}}}, "the key a has no version"),
    ],
)
def test_a_file_that_holds_something_else_is_refused_in_one_line(tmp_path, content, words):
    file = tmp_path / "keys"
    file.touch(0o600)
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())

    with pytest.raises(KeyringError) as refused:
        read_keyring(file)

    line = str(refused.value)
    assert words in line
    assert line.startswith(str(file))
    assert "\n" not in line


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_read_is_refused(tmp_path, mode):
    file = write(tmp_path / "keys", Keyring())
    file.chmod(mode)

    with pytest.raises(KeyringError, match=f"others may read it .mode {mode:04o}.; chmod 600"):
        KeyFile(file)


def test_no_file_is_refused(tmp_path):
    with pytest.raises(KeyringError, match="No such file"):
        KeyFile(tmp_path / "keys")


def test_a_changed_file_is_read_again_and_a_broken_one_is_not_taken(tmp_path, caplog):
    file = write(tmp_path / "keys", Keyring(Key(MASTER, (OLD,))))
    source = KeyFile(file)
    assert source.current() is source.current()

    write(file, Keyring(Key(MASTER, (NEW, OLD))))
    assert source.current().master.current.secret == NEW.secret

    file.write_bytes(b"half a fi")
    assert source.current().master.current.secret == NEW.secret
    file.unlink()
    assert source.current().master.current.secret == NEW.secret
    assert "the keys that were there before are used" in caplog.text

    write(file, Keyring(Key(MASTER, (OLD,))))
    assert source.current().master.current.secret == OLD.secret


def test_keys_of_the_settings_are_versions_of_the_master_key():
    keyring = keys_of(tuple(base64.b64encode(each.secret).decode() for each in (NEW, OLD))).current()

    assert [each.id for each in keyring.master.versions] == [NEW.id, OLD.id]
    with pytest.raises(KeyringError):
        keys_of(("!",))


def test_a_bucket_s_key_is_its_own():
    nonce = bytes(12)
    sealed = {
        cipher.encrypt(nonce, b"x" * 32, None)
        for cipher in (
            OLD.cipher,
            OLD.cipher_of_bucket(b"b1"),
            OLD.cipher_of_bucket(b"b2"),
            NEW.cipher_of_bucket(b"b1"),
        )
    }
    assert len(sealed) == 4
