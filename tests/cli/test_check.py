"""Does `refdesk check` tell a safe deployment from an unsafe one?"""

import asyncio
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from refdesk.core.vault.identity_vault import IdentityVault
from refdesk.core.vault.keys import VaultKeys
from refdesk.deployment import open_deployment


def check(folder: Path) -> tuple[int, dict[str, list[str]]]:
    command = [sys.executable, "-W", "ignore", "-m", "refdesk", "check", "--json"]
    done = subprocess.run(
        [*command, "--data", str(folder)], capture_output=True, text=True, check=False
    )
    return done.returncode, json.loads(done.stdout)


def with_address(folder: Path, public_url: str) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "refdesk.toml").write_text(f'[web]\npublic_url = "{public_url}"\n', "utf-8")
    return folder


def test_a_new_deployment_has_advice_but_no_problem(tmp_path: Path) -> None:
    code, found = check(tmp_path / "new")
    assert (code, found["problems"]) == (0, [])
    assert any("staff add" in one for one in found["advice"])


def test_conversations_in_the_clear_are_a_problem(tmp_path: Path) -> None:
    code, found = check(with_address(tmp_path / "open", "http://library.example.edu/ask"))
    assert code == 1
    assert "not https" in found["problems"][0]


def test_trying_it_on_this_machine_is_none(tmp_path: Path) -> None:
    code, found = check(with_address(tmp_path / "local", "http://localhost:8080/ask"))
    assert (code, found["problems"]) == (0, [])


def test_a_missing_or_open_key_is_a_problem(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    keys = VaultKeys(folder)
    with closing(open_deployment(folder)) as deployment:
        vault = IdentityVault(deployment.database, "main", keys)
        asyncio.run(vault.rid_for("wechat", "somebody"))
    keys.path.chmod(0o644)
    _code, found = check(folder)
    assert ["vault.key is open to other users" in one for one in found["problems"]] == [True]
    keys.path.unlink()
    code, found = check(folder)
    assert code == 1
    assert "Addresses of readers cannot be read" in found["problems"][0]


def test_a_folder_that_others_may_read_is_a_problem(tmp_path: Path) -> None:
    folder = with_address(tmp_path / "shared", "https://library.example.edu/ask")
    folder.chmod(0o755)
    code, found = check(folder)
    assert code == 1
    assert "open to other users" in found["problems"][0]
