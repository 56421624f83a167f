"""What can go wrong with a server that is not ours, each as a sentence that names the connection."""

from __future__ import annotations

import json
import ssl
from typing import Any

import httpx

from thimble.errors import Code, Problem, ThimbleError

_LONGEST = 300
"""Letters of a server's own words that are repeated to a person."""
_FULL_CONTEXT = ("context_length", "context length", "context size", "context window", "exceed_context")


def offline(name: str) -> ThimbleError:
    """No connection is opened."""
    return ThimbleError(
        Code.OFFLINE,
        f"Nothing was sent to {name}, because Thimble is set to work offline.",
        "Turn “Work offline” off in the settings, or choose a model of this computer.",
    )


def key_unusable(name: str) -> ThimbleError:
    """A key that no HTTP header can hold; it is not in the detail, because details go to the log."""
    return ThimbleError(
        Code.UNAUTHORIZED,
        f"The key of {name} holds letters that no key has, so nothing was sent.",
        "Copy the key again, and enter it in the connection.",
    )


def unreachable(name: str, error: Exception) -> ThimbleError:
    """The connection was never made."""
    detail = f"{type(error).__name__}: {error}"
    if _is_about_certificates(error):
        return ThimbleError(
            Code.REMOTE_UNREACHABLE,
            f"The certificate of {name} is not trusted, so nothing was sent.",
            "Check the address; a company's own certificates can be named in SSL_CERT_FILE.",
            detail,
        )
    if "SSL" in detail or "TLS" in detail.upper():
        return ThimbleError(
            Code.REMOTE_UNREACHABLE,
            f"{name} does not speak https at this address.",
            "Write http:// in its address if the server has no certificate.",
            detail,
        )
    sentence = f"{name} did not answer." if isinstance(error, httpx.ConnectTimeout) else f"{name} cannot be reached."
    return ThimbleError(
        Code.REMOTE_UNREACHABLE,
        sentence,
        "Check that the server runs and that its address is right.",
        detail,
    )


def _is_about_certificates(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def cut(name: str, detail: str) -> ThimbleError:
    """The connection ended in mid-answer."""
    return ThimbleError(
        Code.REMOTE_CUT,
        f"The connection to {name} broke in mid-answer; what had come is kept.",
        "Go on when the server is back.",
        detail,
    )


def empty(name: str) -> ThimbleError:
    """The stream was over before anything had come: so ends a prompt that is too long for llama-cpp-python's server."""
    return ThimbleError(
        Code.REMOTE_FAILED,
        f"{name} ended the answer before its first word, and gave no reason.",
        "Perhaps the chat is too long for its model; the server's own log says more.",
    )


def silent(name: str, seconds: float) -> ThimbleError:
    """Nothing came for too long."""
    return ThimbleError(
        Code.REMOTE_CUT,
        f"{name} has said nothing for {round(seconds)} seconds, so the answer was ended; what had come is kept.",
        "Try again, or look at the server.",
    )


def without_end(name: str, most: int) -> ThimbleError:
    """More comes than any answer has."""
    return ThimbleError(
        Code.REMOTE_FAILED,
        f"{name} sent more than {max(1, most // 2**20)} MiB without coming to an end; what had come is kept.",
        "Look at the server: this is no ordinary answer.",
    )


def not_understood(name: str, text: str) -> ThimbleError:
    """It answers, and not in OpenAI's protocol."""
    page = text.lstrip()[:1] == "<"
    return ThimbleError(
        Code.REMOTE_FAILED,
        f"{name} answers with a web page instead of OpenAI's protocol."
        if page
        else f"{name} answers with something that is not OpenAI's protocol.",
        "Check the address: it often ends in /v1.",
        text[:500],
    )


def refused(name: str, response: httpx.Response, *, key: bool, what: str = "") -> ThimbleError:
    """An answer with an error status, its body read.

    Args:
        name: of the connection.
        response: the answer.
        key: whether a key was sent.
        what: was asked for, for a 404: the model.
    """
    status = response.status_code
    words = said(response.text)
    detail = f"HTTP {status} from {response.request.url}: {response.text[:500]}"
    if status in {301, 302, 303, 307, 308}:
        target = response.headers.get("location", "")
        return ThimbleError(
            Code.REMOTE_REFUSED,
            f"{name} has moved to another address.",
            "Enter the new address if you trust it; keys are never sent on.",
            f"{detail}; to {target}",
        )
    if status == 401:
        sentence = f"{name} does not accept the key." if key else f"{name} wants a key."
        return ThimbleError(Code.UNAUTHORIZED, sentence, "Enter its key in the connection.", detail)
    if status == 403:
        return ThimbleError(
            Code.REMOTE_REFUSED, _with(f"{name} does not allow this", words), "Check what the key may do.", detail
        )
    if status in {404, 405, 410}:
        if what and words:
            return ThimbleError(
                Code.NOT_FOUND,
                _with(f"{name} has no model {what}", words),
                "Choose another model.",
                detail,
            )
        return ThimbleError(
            Code.NOT_FOUND,
            f"There is no OpenAI interface at the address of {name}.",
            "Check the address: it often ends in /v1.",
            detail,
        )
    if status == 429:
        return ThimbleError(
            Code.REMOTE_BUSY,
            _with(f"{name} has had too many requests", words),
            f"Try again {_after(response)}.",
            detail,
        )
    if status in {400, 413, 422} and any(mark in response.text.lower() for mark in _FULL_CONTEXT):
        return ThimbleError(
            Code.REMOTE_REFUSED,
            f"The chat is longer than the model at {name} can read.",
            "Begin a new chat, or remove messages or files.",
            detail,
        )
    if status < 500:
        return ThimbleError(
            Code.REMOTE_REFUSED, _with(f"{name} refused the request (error {status})", words), "", detail
        )
    if status in {502, 503, 504}:
        return ThimbleError(
            Code.REMOTE_BUSY,
            f"The model behind {name} is not available at the moment (error {status}).",
            f"Try again {_after(response)}.",
            detail,
        )
    return ThimbleError(
        Code.REMOTE_FAILED, _with(f"{name} had an error of its own (error {status})", words), "Try again.", detail
    )


def in_stream(name: str, error: object) -> Problem:
    """An error object in the middle of a stream."""
    words = said(json.dumps({"error": error}))
    return Problem(
        Code.REMOTE_FAILED,
        _with(f"{name} ended the answer with an error; what had come is kept", words),
        "Try again.",
        json.dumps(error)[:500],
    )


def said(text: str) -> str:
    """A server's own words about an error, on one line; "" when it gave none that can be read."""
    try:
        body: Any = json.loads(text)
    except ValueError:
        return ""
    if isinstance(body, dict):
        error = body.get("error", body)
        if isinstance(error, dict):
            error = error.get("message") or error.get("detail") or ""
        body = error or body.get("detail") or body.get("message") or ""
    words = " ".join(body.split()) if isinstance(body, str) else ""
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def _with(sentence: str, words: str) -> str:
    return f"{sentence}: “{words}”" if words else f"{sentence}."


def _after(response: httpx.Response) -> str:
    seconds = response.headers.get("retry-after", "")
    return f"in {seconds} seconds" if seconds.isdigit() else "in a moment"
