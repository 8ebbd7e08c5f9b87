"""Two faces of one core: generated, the same, and each at home in its own world."""

import asyncio
import contextlib
import gc
import inspect
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import bushel
from bushel.client import errors
from bushel.client._async.operations_generated import AsyncOperations
from bushel.client._sync.operations_generated import Operations
from bushel.protocol.operations import TABLE

ROOT = Path(__file__).resolve().parents[2]


def test_generated_files_are_as_the_script_writes_them():
    checked = subprocess.run(
        [sys.executable, ROOT / "scripts/write_client.py", "--check"], capture_output=True, text=True
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_operation_with_shapes_has_a_method_with_its_members():
    for operation in TABLE.values():
        name = next((name for name in vars(Operations) if name.replace("_", "") == operation.name.lower()), None)
        if operation.input is None:
            assert name is None
            continue
        if operation.output is None and operation.never_configured is not None:
            continue
        assert name is not None, operation.name
        members = set(inspect.signature(getattr(Operations, name)).parameters) - {"self"}
        assert members == set(operation.input.__struct_fields__)
        assert inspect.iscoroutinefunction(getattr(AsyncOperations, name))
        assert not inspect.iscoroutinefunction(getattr(Operations, name))


@pytest.mark.parametrize("name", ["Client", "Bucket", "Object", "Body"])
def test_both_faces_have_the_same_methods(name):
    renamed = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__", "__aiter__": "__iter__"}
    asynchronous = {renamed.get(each, each) for each in vars(getattr(bushel, f"Async{name}"))}

    assert asynchronous == set(vars(getattr(bushel, name)))


def test_importing_the_package_imports_no_client():
    code = "import sys, bushel; sys.exit(any(each.startswith('bushel.') or each == 'asyncio' for each in sys.modules))"

    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    with pytest.raises(AttributeError, match="Clientt"):
        bushel.Clientt  # noqa: B018 - looked for


def test_the_asynchronous_face_does_it_all(server, bucket, run, tmp_path):
    data = bytes(range(256)) * 50_000

    async def main():
        async with bushel.AsyncClient(
            server.endpoint, access_key=server.access_key, secret_key=server.secret_key, environ={}
        ) as client:
            store = client.bucket(bucket)
            await asyncio.gather(*(store.put(f"k{number:02}", f"{number}") for number in range(50)))
            assert [each.key async for each in store.objects()] == [f"k{number:02}" for number in range(50)]
            assert await store.get("k07") == b"7"
            await store.put("big", data)
            assert b"".join([piece async for piece in store.object("big").stream()]) == data
            info = await store.object("big").download(tmp_path / "f")
            assert info.size == len(data)
            assert (tmp_path / "f").read_bytes() == data
            output = await client.get_object(bucket=bucket, key="big")
            async with output.body as body:
                assert body.length == len(data)
                assert await body.read() == data
            with pytest.raises(errors.NoSuchKey):
                await store.get("missing")
            assert bucket in [each.name async for each in client.buckets()]
            assert await store.delete_objects(f"k{number:02}" for number in range(50)) == 50

    run(main())


def test_a_cancelled_upload_leaves_nothing_behind(server, bucket, run):
    async def main():
        async with bushel.AsyncClient(
            server.endpoint, access_key=server.access_key, secret_key=server.secret_key, environ={}
        ) as client:
            store = client.bucket(bucket)
            began = asyncio.Event()

            async def endless():
                while True:
                    yield bytes(1 << 20)
                    if any([each async for each in store.uploads()]):
                        began.set()

            task = asyncio.create_task(store.put("k", endless()))
            await asyncio.wait_for(began.wait(), 30)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not [each async for each in store.uploads()]
            assert not [each async for each in store.objects()]

    run(main())


def test_a_client_serves_many_threads(client, store):
    def work(number: int) -> None:
        for again in range(10):
            store.put(f"{number}", f"{number} {again}")
            assert store.get(f"{number}") == f"{number} {again}".encode()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(list(store.objects())) == 12


def test_the_thread_of_synchronous_clients_ends_with_the_last_of_them(server):
    def alive() -> bool:
        return any(thread.name == "bushel-client" for thread in threading.enumerate())

    gc.collect()
    with contextlib.ExitStack() as held:
        for _ in range(2):
            client = held.enter_context(
                bushel.Client(server.endpoint, access_key=server.access_key, secret_key=server.secret_key, environ={})
            )
            client.list_buckets()
        assert alive()
    forgotten = bushel.Client(server.endpoint, access_key=server.access_key, secret_key=server.secret_key, environ={})
    forgotten.list_buckets()
    assert alive()
    del forgotten
    gc.collect()

    assert not alive()


def test_a_closed_client_says_so(server):
    client = bushel.Client(server.endpoint, access_key=server.access_key, secret_key=server.secret_key, environ={})
    client.list_buckets()
    client.close()
    with pytest.raises(errors.TransportError, match="closed"):
        client.list_buckets()
    client.close()


def test_a_callback_that_uses_its_client_is_told_and_does_not_hang(store):
    with pytest.raises(RuntimeError, match="callback"):
        store.put("k", b"x", progress=lambda _: store.exists())


def test_a_forked_child_makes_clients_of_its_own(server, client, store):
    store.put("k", b"parent")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            try:
                store.get("k")
            except RuntimeError:
                own = bushel.Client(
                    server.endpoint, access_key=server.access_key, secret_key=server.secret_key, environ={}
                )
                status = 0 if own.bucket(store.name).get("k") == b"parent" else 2
        finally:
            os._exit(status)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.get("k") == b"parent"
