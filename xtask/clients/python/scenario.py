"""The scenario by the client that openapi-python-client makes."""

import sys
from typing import TypeVar
from uuid import UUID

from parlor_client import AuthenticatedClient, Client
from parlor_client.api.accounts import log_in, sign_up
from parlor_client.api.messages import delete_message, edit_message, get_message, list_messages, send_message
from parlor_client.api.rooms import create_room, get_room, list_rooms
from parlor_client.models import (
    ApiError,
    CreateRoom,
    EditMessage,
    ErrorCode,
    ListMessagesOrder,
    LogInByUsername,
    Message,
    SendText,
    SignUp,
)
from parlor_client.types import UNSET, Unset

MESSAGES = 120
PAGE = 50

T = TypeVar("T")


def ok(answer: ApiError | T | None) -> T:
    """Returns the answer, which must be a success."""
    assert answer is not None and not isinstance(answer, ApiError), answer
    return answer


def read_all(client: AuthenticatedClient, room: UUID, forwards: bool) -> list[Message]:
    """Reads a whole room. A client that drops the cursor would read one page for ever; the number of pages is bounded."""
    messages: list[Message] = []
    order = ListMessagesOrder.ASC if forwards else ListMessagesOrder.DESC
    before: str | Unset = UNSET
    # Forwards, the first page begins at a time before the first message rather than at a cursor.
    after: str | Unset = "2000-01-01T00:00:00Z" if forwards else UNSET
    for _ in range(MESSAGES // PAGE + 1):
        page = ok(list_messages.sync(room, client=client, limit=PAGE, order=order, before=before, after=after))
        messages += page.data
        if not page.pagination.has_more:
            return messages
        if forwards:
            assert page.pagination.after is not None
            after = page.pagination.after
        else:
            assert page.pagination.before is not None
            before = page.pagination.before
    raise AssertionError("the history has no end: the cursor did not arrive")


def main(server: str, name: str) -> None:
    password = "correct horse battery"
    anonymous = Client(base_url=server)
    account = SignUp(username=name, email=f"{name}@example.com", password=password)
    ok(sign_up.sync(client=anonymous, body=account))
    session = ok(log_in.sync(client=anonymous, body=LogInByUsername(username=name, password=password))).data
    client = AuthenticatedClient(base_url=server, token=session.access_token)

    room = ok(create_room.sync(client=client, body=CreateRoom(name=f"Room of {name}"))).data
    sent = [
        ok(send_message.sync(room.id, client=client, body=SendText(content=f"message {number}"))).data
        for number in range(1, MESSAGES + 1)
    ]
    ids = [message.id for message in sent]
    assert [message.id for message in read_all(client, room.id, forwards=True)] == ids
    assert [message.id for message in read_all(client, room.id, forwards=False)] == ids[::-1]

    found = ok(list_rooms.sync(client=client, search=name, joined=True))
    assert [room.id for room in found.data] == [room.id]
    assert found.pagination.total == 1

    edited = ok(edit_message.sync(room.id, ids[0], client=client, body=EditMessage(content="edited"))).data
    assert edited.content == "edited" and edited.edited_at is not None
    deleted = delete_message.sync_detailed(room.id, ids[1], client=client)
    assert deleted.status_code == 204
    assert ok(get_message.sync(room.id, ids[1], client=client)).data.content is None

    refused = get_room.sync(UUID(int=7 << 76), client=client)
    assert isinstance(refused, ApiError)
    assert refused.code is ErrorCode.ROOM_NOT_FOUND


main(*sys.argv[1:])
