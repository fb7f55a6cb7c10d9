"""Does a second demo leave the first one alone?"""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from refdesk.cli.demo.preparation import prepare
from refdesk.cli.main import make_app
from refdesk.core.staff.staff_accounts import StaffAccounts
from refdesk.deployment import open_deployment
from refdesk.errors import DeploymentBusyError
from refdesk.storage import ServerLock


@pytest.mark.parametrize("running", ["server.lock", "demo.lock"])
async def test_a_demo_on_the_folder_of_a_running_one_is_refused_before_it_changes_a_password(
    running: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire = ServerLock.acquire
    monkeypatch.setattr(ServerLock, "acquire", lambda lock: acquire(lock, patience_seconds=0.0))
    (first, *_others) = prepare(tmp_path)
    lock = ServerLock(tmp_path / running)
    lock.acquire()
    command = ["demo", "--port", "0", "--keep", str(tmp_path)]
    refused = CliRunner().invoke(make_app(command), command)
    lock.release()
    assert isinstance(refused.exception, DeploymentBusyError)
    deployment = open_deployment(tmp_path)
    accounts = StaffAccounts(deployment.database, deployment.settings.library.id)
    signed_in = await accounts.sign_in(first["name"], first["password"], "test")
    deployment.close()
    assert signed_in.token
