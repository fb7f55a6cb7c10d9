"""Is a second server on the same folder refused?"""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from refdesk.errors import DeploymentBusyError
from refdesk.storage import ServerLock

HOLD = """
import sys, time
from pathlib import Path
from refdesk.storage import ServerLock
lock = ServerLock(Path(sys.argv[1]))
lock.acquire()
print("locked", flush=True)
time.sleep(60)
"""


def test_the_second_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    first, second = ServerLock(tmp_path / "lock"), ServerLock(tmp_path / "lock")
    first.acquire()
    with pytest.raises(DeploymentBusyError, match="Stop it first"):
        second.acquire(patience_seconds=0.0)
    first.release()
    second.acquire(patience_seconds=0.0)
    second.release()


def test_a_killed_server_leaves_no_lock_behind(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"locked\n"
    with pytest.raises(DeploymentBusyError):
        ServerLock(lock).acquire(patience_seconds=0.0)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    taken = ServerLock(lock)
    taken.acquire(patience_seconds=5.0)
    taken.release()
