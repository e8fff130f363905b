"""Teaches schemathesis what OpenAPI has no words for: which texts are cursors, and that a request names one cursor at most."""

from datetime import timezone

import schemathesis
from hypothesis import strategies

TIMES = strategies.datetimes(timezones=strategies.just(timezone.utc)).map(lambda time: time.isoformat())
schemathesis.openapi.format("cursor", TIMES)


@schemathesis.hook
def map_case(context: schemathesis.HookContext, case: schemathesis.Case) -> schemathesis.Case:
    """Drops `before` or `after` from a request that is meant to be valid; a bad one may have both."""
    query = case.query or {}
    if "before" in query and "after" in query and case.meta is not None and case.meta.generation.mode.is_positive:
        query.pop("before" if len(query) % 2 else "after")
    return case
