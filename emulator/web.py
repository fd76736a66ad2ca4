"""The Flask application: AWS's API and the local S3 at its door, the admin pages behind it.

API calls are answered in ``app.wsgi_app``, the seam that Flask itself names for middleware: before its request
contexts are built, which costs three times what a call does.
"""

from __future__ import annotations

import http
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask, jsonify
from flask import Response as FlaskResponse
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request as WerkzeugRequest

from emulator.access_log import log
from emulator.admin import admin
from emulator.call import Request, Response
from emulator.console.pages import console
from emulator.controls import SNAPSHOT, STREAMED, controls
from emulator.doorkeeper import Doorkeeper, secured
from emulator.s3.door import S3Door

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from emulator.machine import Machine

__all__ = ["DOOR", "HEADERS", "STREAMED", "ApiDoor", "create_app", "is_upload", "may_upload"]

DOOR = "maptrail.door"
"""The application's extension that answers calls of the API, for a server that commits several of them together."""

HEADERS = "maptrail.headers"
"""The headers as they were sent, if the server says them: WSGI's names have no underscores left."""

_log = logging.getLogger("maptrail")
_S3_SCOPE = "/s3/aws4_request"
_STATUS = {status.value: f"{status.value} {status.phrase}" for status in http.HTTPStatus}


def create_app(machine: Machine) -> Flask:
    """The application of one machine; any WSGI server can run it."""
    app = Flask("maptrail", static_folder=None)
    app.response_class = _Answer
    app.extensions["maptrail"] = machine
    app.extensions["maptrail.doorkeeper"] = Doorkeeper(machine.settings)
    app.after_request(secured)
    app.register_blueprint(admin)
    app.register_blueprint(console)
    app.register_blueprint(controls)
    app.register_error_handler(HTTPException, _refused)
    door = app.extensions[DOOR] = ApiDoor(app.wsgi_app, machine)
    app.wsgi_app = door  # type: ignore[method-assign]
    return app


class _Answer(FlaskResponse):
    """Where nothing else is said, an answer is JSON: also to OPTIONS, which Flask answers itself."""

    default_mimetype = "application/json"


class ApiDoor:
    """WSGI middleware: calls of the AWS API and of S3 are answered here, anything else goes on to Flask."""

    def __init__(self, app: WSGIApplication, machine: Machine) -> None:
        self._app = app
        self._machine = machine
        settings = machine.settings
        self._s3 = S3Door(
            machine.buckets, machine.ids, machine.clock.now,
            account=settings.account, region=settings.region, admission=machine.guards.admission,
        )  # fmt: skip

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; the answer to a call of the API leaves after its own commit."""
        request = _request(environ)
        if not self.takes(request):
            return self._behind(request, environ, start_response)
        if request.method == "POST":
            request.body = _body(environ)
        response = self._committed(request, self.answer(request))
        response.headers.append(("Content-Length", str(len(response.body))))
        start_response(_STATUS[response.status], response.headers)
        return [response.body]

    def takes(self, request: Request) -> bool:
        """Whether a request is for the AWS API: never by its ``Host``, always by what an SDK puts into it."""
        path, headers = request.path, request.headers
        if request.method != "POST":
            return path == "/" and request.method == "GET" and "Action=" in request.query
        if headers.get("x-amz-target") is not None:
            return True
        return (path == "/" or path.startswith("/service/")) and _S3_SCOPE not in headers.get("authorization", "")

    def answer(self, request: Request) -> Response:
        """Answer a call of the API, whatever becomes of it; whoever asked commits it before the answer leaves."""
        if self._machine.unwell is not None and self._machine.check_health() is not None:
            return self.unrecorded(request)
        if request.method == "GET":
            request.body = request.query.encode()
        try:
            return self._machine.gateway.answer(request)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the caller gets an answer of AWS's form
            if not isinstance(error, sqlite3.Error):
                _log.exception("A call could not be answered.")
            self._machine.give_up(error)
            return self.unrecorded(request)

    def unrecorded(self, request: Request) -> Response:
        """The answer to a call that could not be committed: it did not happen."""
        return self._machine.unrecorded(request.headers.get("content-type", ""))

    def _committed(self, request: Request, response: Response) -> Response:
        try:
            self._machine.commit()
        except sqlite3.Error:
            return self.unrecorded(request)
        log(self._machine, response)
        return response

    def _behind(self, request: Request, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """What is no call of the API: the local S3, which needs no transaction, or a page of Flask."""
        address = self._s3.address(request)
        if address is None:
            return self._app(environ, start_response)
        request.body = _body(environ)
        response = self._s3.answer(request, address)
        start_response(_STATUS[response.status], response.headers)
        return [response.body]


def is_upload(path: str, method: str) -> bool:
    """Whether a request brings a file, which may be larger than anything else that is taken."""
    return path == SNAPSHOT and method == "PUT"


def may_upload(app: Flask, environ: WSGIEnvironment) -> bool:
    """Whether a file would be let in: asked before it is read."""
    try:
        app.extensions["maptrail.doorkeeper"].check(WerkzeugRequest(environ))
    except HTTPException:
        return False
    return True


def _request(environ: WSGIEnvironment) -> Request:
    """A request whose body is still to be read."""
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        query=environ.get("QUERY_STRING", ""),
        headers=_Headers(environ),
        body=b"",
        remote=environ.get("REMOTE_ADDR", ""),
    )


def _body(environ: WSGIEnvironment) -> bytes:
    length = environ.get("CONTENT_LENGTH")
    if length:
        return bytes(environ["wsgi.input"].read(int(length)))
    return bytes(environ["wsgi.input"].read()) if environ.get("wsgi.input_terminated") else b""


class _Headers(Mapping[str, str]):
    """Request headers by lower-case name, read from the WSGI environment when asked for."""

    __slots__ = ("_environ",)

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        key = _KEYS.get(name) or _key(name)
        value: str = self._environ[key]
        return value

    def get(self, name: str, otherwise: Any = None) -> Any:
        return self._environ.get(_KEYS.get(name) or _key(name), otherwise)

    def __iter__(self) -> Iterator[str]:
        if HEADERS in self._environ:
            yield from dict.fromkeys(name.decode("latin-1").lower() for name, _ in self._environ[HEADERS])
            return
        for key in self._environ:
            if key.startswith("HTTP_"):
                yield key[5:].replace("_", "-").lower()
            elif key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                yield key.replace("_", "-").lower()

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


_KEYS = {
    name: _key(name) for name in ("authorization", "content-type", "smithy-protocol", "user-agent", "x-amz-target")
}


def _refused(error: HTTPException) -> Any:
    """What no door is for: one sentence, never a page of HTML."""
    text = error.description or error.name
    if text == type(error).description:
        text = text.partition(". ")[0].rstrip(".") + "."
    response: FlaskResponse = jsonify(error=text)
    response.status_code = error.code or 500
    return response
