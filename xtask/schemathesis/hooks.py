"""Teaches schemathesis what OpenAPI has no words for: which texts are cursors, which parameters exclude each other, how deep and
large metadata are, how many names of a list may differ, and where the JSON of an event stands."""

import re
from datetime import timezone

import schemathesis
from hypothesis import strategies

TIMES = strategies.datetimes(timezones=strategies.just(timezone.utc)).map(lambda time: time.isoformat())
schemathesis.openapi.format("cursor", TIMES)


def keep_one_cursor(case: schemathesis.Case) -> None:
    query = case.query or {}
    if "around" in query:
        # It stands beside no filter either.
        for other in ("before", "after", "type", "senderId", "threadId", "threads"):
            query.pop(other, None)
    if "before" in query and "after" in query:
        query.pop("before" if len(query) % 2 else "after")
    if "threadId" in query:
        query.pop("threads", None)
    if case.path == "/api/search/messages" and not re.search("[0-9A-Za-z]{2}", str(query.get("q", ""))):
        # A search has a word in it.
        query["q"] = "word"
    if case.path in ("/api/sync", "/api/events"):
        # Only the server can make one.
        query.pop("since", None)
        (case.headers or {}).pop("Last-Event-ID", None)


@schemathesis.hook
def map_case(context: schemathesis.HookContext, case: schemathesis.Case) -> schemathesis.Case:
    """Makes a request valid that is meant to be; a bad one may have both of `before` and `after`."""
    # A ticket authenticates by itself: a request with it and without a token is no failure.
    (case.query or {}).pop("ticket", None)
    if case.meta is not None and case.meta.generation.mode.is_positive:
        keep_one_cursor(case)
        if isinstance(case.body, dict) and "metadata" in case.body:
            case.body["metadata"] = {"color": "red"}
        if isinstance(case.body, dict) and case.body.get("clientId") is not None:
            # The header names the same key.
            (case.headers or {}).pop("Idempotency-Key", None)
        if isinstance(case.body, dict) and isinstance(case.body.get("password"), str):
            # No common password begins so.
            case.body["password"] = "§" + case.body["password"][1:]
        if case.path == "/api/directs" and isinstance(case.body, dict):
            # Names may repeat, but at most nine may differ.
            for name in ("userIds", "usernames"):
                if name in case.body:
                    case.body[name] = case.body[name][:9]
    return case


@schemathesis.hook
def before_add_examples(context: schemathesis.HookContext, examples: list[schemathesis.Case]) -> None:
    """Drops one of the two cursors from requests made of the examples of all parameters."""
    for case in examples:
        keep_one_cursor(case)


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict) -> None:
    """Moves the schema of events to their `data`: streams are checked as records of `id`, `event` and `data`."""
    for path in raw_schema["paths"].values():
        for operation in filter(lambda item: isinstance(item, dict), path.values()):
            for response in operation.get("responses", {}).values():
                stream = response.get("content", {}).get("text/event-stream")
                if stream is not None:
                    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": stream["schema"]}
                    stream["schema"] = {"type": "object", "required": ["data"], "properties": {"data": data}}
