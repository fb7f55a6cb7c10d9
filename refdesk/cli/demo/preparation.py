"""How does a folder become the sample library?"""

import secrets
import shutil
from contextlib import closing
from pathlib import Path

from refdesk import sample_library
from refdesk.core.staff.authorise import Role
from refdesk.core.staff.staff_accounts import StaffAccounts
from refdesk.deployment import SETTINGS_FILE, open_deployment
from refdesk.knowledge_base.importing import import_files
from refdesk.storage import ServerLock


def prepare(folder: Path) -> list[dict[str, str]]:
    """Fill an empty folder; return the librarians' names, roles and new passwords.

    A folder that has been used before keeps its entries and conversations.

    Raises `DeploymentBusyError`, before anything is changed, when a server runs there: its
    librarians keep their passwords.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = ServerLock(folder / "server.lock")
    lock.acquire()
    try:
        return _filled(folder)
    finally:
        lock.release()


def _filled(folder: Path) -> list[dict[str, str]]:
    settings = folder / SETTINGS_FILE
    if not settings.exists():
        shutil.copyfile(sample_library.configuration(), settings)
    with closing(open_deployment(folder)) as deployment:
        if deployment.knowledge_base.entry_count == 0:
            import_files(deployment.knowledge_base, [sample_library.entries()], author="demo")
        accounts = StaffAccounts(deployment.database, deployment.settings.library.id)
        staff = []
        for person in sample_library.staff():
            password = secrets.token_urlsafe(9)
            accounts.add(person.name, person.alias, Role(person.role), password)
            staff.append({"name": person.name, "role": person.role, "password": password})
    return staff
