"""Rules that clients run by themselves, before they send anything."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from connectors.gateway.auth.principal import Scope
from connectors.gateway.problems import PROBLEMS, Problem
from connectors.gateway.rules.rule_bundles import CONTENT_TYPE, PATH
from connectors.gateway.service import Service
from guardrails.events import MAX_ID_CHARS

_UNSIGNED = (
    "this gateway signs no rules for clients; set TIDEGATE_RULES_KEY (docs/client-rules.md), or "
    "send the text: the server checks it all the same"
)


def rule_routes(service: Service) -> APIRouter:
    """Return the routes, for this service."""
    router = APIRouter(tags=["Rules for clients"], responses=PROBLEMS)

    @router.get(
        PATH,
        response_class=Response,
        responses={
            200: {"content": {CONTENT_TYPE: {"schema": {"type": "object"}}}},
            304: {"description": "The bundle the client has is the one of now."},
        },
    )
    async def rules(
        request: Request,
        policy: Annotated[str | None, Query(min_length=1, max_length=MAX_ID_CHARS)] = None,
    ) -> Response:
        """Return the signed rules of a policy that a client may check text by: patterns and words
        only, nothing that asks a model or a service.
        """
        await service.caller(request, Scope.READ)
        if service.rules is None:
            raise Problem(404, "no-rules", _UNSIGNED)
        # Writing and signing 600 rules takes a second; others go on meanwhile.
        answer = await asyncio.to_thread(
            service.rules.answer,
            policy,
            if_none_match=request.headers.get("if-none-match", ""),
            accept_encoding=request.headers.get("accept-encoding", ""),
        )
        if answer is None:
            detail = "no policy of this name is loaded; name one that is, or none for the default"
            raise Problem(422, "unknown-policy", detail)
        return Response(answer.body, answer.status, answer.headers)

    return router
