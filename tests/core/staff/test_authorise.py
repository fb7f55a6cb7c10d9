"""May exactly those see and act who need to?"""

import pytest

from refdesk.core.consultations import Consultation, State
from refdesk.core.staff.authorise import Action, ReaderActor, Role, StaffActor, authorise

ACTIONS: tuple[Action, ...] = (
    "see", "read_log", "claim", "reply", "close", "return", "wrap_up"
)  # fmt: skip
MEI = StaffActor("mei", "Li Mei", Role.LIBRARIAN)
OTHERS = {role: StaffActor("other", "Other", role) for role in Role}


def consultation(
    state: State, owner: str | None = None, reason: str | None = "asked_for_person"
) -> Consultation:
    return Consultation("c", "web_chat", "rid", state, "en", 1, owner=owner, handoff_reason=reason)


def allowed(actor: StaffActor | ReaderActor, one: Consultation) -> set[Action]:
    return {action for action in ACTIONS if authorise(actor, action, one) == "allowed"}


@pytest.mark.parametrize("state", list(State))
def test_a_reader_reads_their_own_consultation_and_nothing_else(state: State) -> None:
    assert allowed(ReaderActor("rid"), consultation(state)) == {"read_log"}
    assert allowed(ReaderActor("another"), consultation(state)) == set()


@pytest.mark.parametrize("role", list(Role))
def test_what_a_reader_does_with_the_assistant_alone_is_nobodys_business(role: Role) -> None:
    alone = consultation(State.SELF_SERVICE, reason=None)
    finished = consultation(State.WRAPPED_UP, reason=None)
    gone_back = consultation(State.SELF_SERVICE)
    for one in (alone, finished, gone_back):
        assert allowed(OTHERS[role], one) == set()


@pytest.mark.parametrize("state", [State.WAITING, State.ASYNCHRONOUS])
@pytest.mark.parametrize("role", [Role.LIBRARIAN, Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_who_answers_may_read_and_claim_what_waits(state: State, role: Role) -> None:
    assert allowed(OTHERS[role], consultation(state)) == {"see", "read_log", "claim"}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("owner", [None, "other", "mei"])
def test_an_editor_may_nothing(state: State, owner: str | None) -> None:
    assert allowed(OTHERS[Role.EDITOR], consultation(state, owner)) == set()


@pytest.mark.parametrize("state", [State.WITH_LIBRARIAN, State.CLOSED, State.WRAPPED_UP])
def test_the_owner_sees_it_through(state: State) -> None:
    assert allowed(MEI, consultation(state, "mei")) == set(ACTIONS)


@pytest.mark.parametrize("state", [State.WITH_LIBRARIAN, State.CLOSED, State.WRAPPED_UP])
def test_what_somebody_owns_only_supervisors_read_besides(state: State) -> None:
    owned = consultation(state, "mei")
    assert allowed(OTHERS[Role.LIBRARIAN], owned) == set()
    assert allowed(OTHERS[Role.SUPERVISOR], owned) == {"see", "read_log"}
    assert allowed(OTHERS[Role.ADMINISTRATOR], owned) == {"see", "read_log"}
