"""How does a command get everything that an erasure has to clear, plugins' tables included?"""

from refdesk.core import hookspecs
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.hosting.plugin_loading import load_plugins
from refdesk.core.vault.erasure_journal import JOURNAL_FILE, ErasureJournal
from refdesk.core.vault.erasures import Erasures
from refdesk.deployment import Deployment
from refdesk.errors import PluginError


def erasures_of(deployment: Deployment) -> Erasures:
    """Return the erasures of a deployment; tables of plugins that are switched off count too.

    Raises `PluginError` when a plugin cannot be loaded: what its tables hold would stay.
    """
    host = PluginHost()
    broken = [
        report.name for report in load_plugins(host, (), ()) if report.condition == "quarantined"
    ]
    if broken:
        raise PluginError(
            f"The plugin {', '.join(broken)} cannot be loaded, and nobody else knows what its "
            "tables hold of a reader. Mend or uninstall it first: refdesk plugins list."
        )
    tables = [one for _plugin, one in host.collect(hookspecs.register_tables)]
    for one in tables:
        deployment.database.migrate(one.migrations)
    return Erasures(
        deployment.database,
        deployment.settings.library.id,
        ErasureJournal(deployment.folder / JOURNAL_FILE),
        [statement for one in tables for statement in one.erase_reader],
    )
