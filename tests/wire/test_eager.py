"""Coroutines that run at once, and become tasks only when they have to wait."""

import asyncio
import contextvars
import gc

import pytest

from bushel.server import eager
from wire.served import LOOPS


@pytest.fixture(params=LOOPS)
def in_loop(request):
    """Run a test's coroutine function, handing it ``begin``: run a coroutine as a protocol's callback would."""

    def run(test):
        async def main():
            loop = asyncio.get_running_loop()

            async def begin(coroutine):
                outcome = loop.create_future()

                def callback():
                    try:
                        outcome.set_result((eager.run(coroutine, loop),))
                    except BaseException as raised:
                        outcome.set_exception(raised)

                loop.call_soon(callback)
                return (await outcome)[0]

            await test(begin)

        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(main())

    return run


def test_what_need_not_wait_makes_no_task(in_loop):
    async def test(begin):
        before = len(asyncio.all_tasks())
        seen = []

        async def work():
            seen.append(len(asyncio.all_tasks()))

        assert await begin(work()) is None
        assert seen == [before]

    in_loop(test)


def test_what_waits_goes_on_as_a_task(in_loop):
    async def test(begin):
        gate = asyncio.get_running_loop().create_future()
        seen = []

        async def work():
            seen.append(await gate)
            await asyncio.sleep(0)
            seen.append(await asyncio.sleep(0.001, "slept"))

        task = await begin(work())
        assert seen == []
        gate.set_result("opened")
        await task
        assert seen == ["opened", "slept"]

    in_loop(test)


def test_an_exception_before_the_first_wait_is_the_callers(in_loop):
    async def test(begin):
        async def work():
            raise LookupError("early")

        with pytest.raises(LookupError, match="early"):
            await begin(work())

    in_loop(test)


def test_an_exception_after_it_is_the_tasks(in_loop):
    async def test(begin):
        gate = asyncio.get_running_loop().create_future()

        async def work():
            await gate

        task = await begin(work())
        gate.set_exception(LookupError("late"))
        with pytest.raises(LookupError, match="late"):
            await task

    in_loop(test)


@pytest.mark.parametrize("turns", [0, 1, 5])
def test_a_cancellation_reaches_the_coroutine_where_it_waits(in_loop, turns):
    """Also in the turn in which the task was made, when it has not run itself yet."""

    async def test(begin):
        seen = []

        async def work():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                seen.append("cancelled")
                await asyncio.sleep(0)
                seen.append("cleaned up")
                raise

        task = await begin(work())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert seen == ["cancelled", "cleaned up"]

    in_loop(test)


def test_a_cancellation_may_be_survived(in_loop):
    async def test(begin):
        seen = []

        async def work():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                seen.append(await asyncio.sleep(0, "finished anyway"))

        task = await begin(work())
        task.cancel()
        await task
        assert seen == ["finished anyway"]

    in_loop(test)


def test_cancelling_itself_before_the_first_wait(in_loop):
    async def test(begin):
        async def work():
            asyncio.current_task().cancel()
            await asyncio.sleep(0)
            pytest.fail("it went on")

        task = await begin(work())
        with pytest.raises(asyncio.CancelledError):
            await task

    in_loop(test)


@pytest.mark.parametrize("seconds", [0, 0.01])
def test_timeouts_that_begin_before_the_first_wait(in_loop, seconds):
    async def test(begin):
        seen = []

        async def work():
            try:
                async with asyncio.timeout(seconds):
                    await asyncio.Event().wait()
            except TimeoutError:
                seen.append("timed out")
            async with asyncio.timeout(10):
                await asyncio.sleep(0)
            seen.append("went on")

        await (await begin(work()))
        assert seen == ["timed out", "went on"]

    in_loop(test)


def test_task_groups_that_begin_before_the_first_wait(in_loop):
    async def test(begin):
        seen = []

        async def fail():
            raise LookupError("in the group")

        async def work():
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(asyncio.Event().wait())
                    group.create_task(fail())
            except* LookupError:
                seen.append("failed")

        await (await begin(work()))
        assert seen == ["failed"]

    in_loop(test)


def test_context_variables_are_the_coroutines_own(in_loop):
    async def test(begin):
        variable = contextvars.ContextVar("variable", default="unset")
        seen = []

        async def work(value, *, wait):
            seen.append(variable.get())
            token = variable.set(value)
            if wait:
                await asyncio.sleep(0)
            seen.append(variable.get())
            variable.reset(token)

        await begin(work("a", wait=False))
        await (await begin(work("b", wait=True)))
        assert seen == ["unset", "a", "unset", "b"]
        assert variable.get() == "unset"

    in_loop(test)


def test_a_task_that_is_never_finished_closes_its_coroutine(in_loop):
    async def test(begin):
        seen = []

        async def work():
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                seen.append("closed")

        task = await begin(work())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        del task
        gc.collect()
        assert seen == ["closed"]

    in_loop(test)


def test_it_can_be_shown(in_loop):
    """A task's repr, and its stack, ask for more of a coroutine than running it does."""

    async def test(begin):
        task = await begin(asyncio.sleep(0.001))
        assert "pending" in repr(task)
        task.get_stack()
        await task

    in_loop(test)
