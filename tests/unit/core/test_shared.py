"""What the processes of one server share."""

import os
import signal

from bushel.core.shared import SharedMemory, SharedTurn


def in_child(work) -> int:
    """Run in a forked process; the process id. It stays until it is killed."""
    ready, tell = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            work()
            os.write(tell, b"x")
            signal.pause()
        finally:
            os._exit(1)
    os.close(tell)
    assert os.read(ready, 1) == b"x"
    os.close(ready)
    return pid


def end(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_what_one_process_writes_all_others_read():
    memory = SharedMemory(8192)
    assert bytes(memory.view) == bytes(8192)

    end(in_child(lambda: memory.view.__setitem__(slice(8190, 8192), b"ab")))

    assert bytes(memory.view[8190:]) == b"ab"


def test_a_lock_is_one_process_s_until_it_lets_go_or_dies():
    memory = SharedMemory(1)
    holder = in_child(lambda: memory.try_lock(7))
    assert not memory.try_lock(7)
    assert memory.try_lock(6)

    end(holder)

    assert memory.try_lock(7)
    memory.unlock(7)
    other = in_child(lambda: memory.try_lock(7) or os._exit(2))
    end(other)


def test_a_turn_is_taken_and_given():
    memory = SharedMemory(1)
    turn = SharedTurn(memory, 3)
    assert turn.take()

    def try_in_vain():
        assert not turn.take()

    end(in_child(try_in_vain))
    turn.give()
    end(in_child(lambda: turn.take() or os._exit(2)))
    assert turn.take()
