"""Do the staff commands keep accounts, and say a password only once?"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from refdesk.cli.staff import staff_app
from refdesk.core.staff.authorise import Role
from refdesk.core.staff.staff_accounts import StaffAccounts
from refdesk.deployment import open_deployment
from refdesk.errors import NotFoundError, RefdeskError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "library"


def staff(data: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(staff_app, [*words, "--data", str(data)], input=typed)


async def may_sign_in(data: Path, name: str, password: str) -> str:
    deployment = open_deployment(data)
    try:
        accounts = StaffAccounts(deployment.database, deployment.settings.library.id)
        return (await accounts.sign_in(name, password, "127.0.0.1")).word
    finally:
        deployment.close()


async def test_a_generated_password_is_printed_once_and_works(data: Path) -> None:
    added = staff(data, "add", "mei", "--role", "librarian", "--alias", "李梅", "--json")
    account = json.loads(added.stdout)
    assert {**account, "password": ""} == {
        "name": "mei", "alias": "李梅", "role": "librarian", "password": ""
    }  # fmt: skip
    assert await may_sign_in(data, "mei", account["password"]) == "welcome"
    assert account["password"] not in staff(data, "list", "--json").stdout


async def test_a_password_from_standard_input_is_not_printed(data: Path) -> None:
    words = ("add", "mei", "--role", "librarian", "--password-stdin")
    added = staff(data, *words, typed="a typed password\r\nsomething else\n")
    assert added.exit_code == 0
    assert "a typed password" not in added.output
    assert await may_sign_in(data, "mei", "a typed password") == "welcome"


async def test_adding_an_existing_name_gives_it_another_role_and_password(data: Path) -> None:
    staff(data, "add", "mei", "--role", "librarian", "--password-stdin", typed="first password\n")
    staff(data, "add", "mei", "--role", "editor", "--password-stdin", typed="second password\n")
    (account,) = json.loads(staff(data, "list", "--json").stdout)
    assert account == {"name": "mei", "alias": "mei", "role": "editor", "state": "active"}
    assert await may_sign_in(data, "mei", "first password") == "wrong"
    assert await may_sign_in(data, "mei", "second password") == "welcome"


async def test_a_disabled_account_stays_on_the_list_and_out_of_the_desk(data: Path) -> None:
    staff(data, "add", "mei", "--role", "librarian", "--password-stdin", typed="first password\n")
    assert json.loads(staff(data, "disable", "mei", "--json").stdout)["state"] == "disabled"
    assert "disabled" in staff(data, "list").stdout
    assert await may_sign_in(data, "mei", "first password") == "wrong"


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (("add", "mei", "--role", "librarian", "--password-stdin"), ""),
        (("add", "mei", "--role", "librarian", "--password-stdin"), "\n"),
        (("add", "mei", "--role", "librarian", "--password-stdin"), "short\n"),
        (("add", "m e i", "--role", "librarian"), ""),
        (("add", "mei", "--role", "librarian", "--alias", "\u202eiem"), ""),
    ],
)
def test_what_cannot_be_an_account_changes_nothing(
    data: Path, words: tuple[str, ...], typed: str
) -> None:
    refused = staff(data, *words, typed=typed)
    assert isinstance(refused.exception, RefdeskError)
    assert json.loads(staff(data, "list", "--json").stdout) == []


def test_an_unknown_role_is_wrong_usage_and_an_unknown_name_a_failure(data: Path) -> None:
    assert staff(data, "add", "mei", "--role", "boss").exit_code == 2
    assert staff(data, "add", "mei").exit_code == 2
    assert isinstance(staff(data, "disable", "nobody").exception, NotFoundError)


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_every_role_can_be_given(data: Path, role: str) -> None:
    assert staff(data, "add", "mei", "--role", role).exit_code == 0
