"""Why something could not be seen."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """Why something could not be seen: a word for machines, a half-sentence for people ("could not be seen: …")."""

    DNS = ("dns", "the name could not be resolved")
    REFUSED = ("refused", "the connection was refused")
    NO_ROUTE = ("no_route", "there is no route to the address")
    TIMEOUT = ("timeout", "no answer came in time")
    RESET = ("reset", "the connection was reset")
    CLOSED = ("closed", "the connection was closed early")
    NOT_TLS = ("not_tls", "the answer was not TLS")
    TLS_FAILED = ("tls_failed", "no TLS handshake could be completed")
    NOT_HTTP = ("not_http", "the answer was not HTTP")
    THROTTLED = ("throttled", "the server stopped answering what it had answered before")
    INCONSISTENT = ("inconsistent", "the same question got different answers")
    CHAIN_INCOMPLETE = ("chain_incomplete", "an issuer is missing from the chain, so trust could not be decided")
    UNTRUSTED = ("untrusted", "its authority is not trusted, so nothing that it says counts")
    OUT_OF_SCOPE = ("out_of_scope", "it lies outside the declared scope")
    PRIVATE_SPACE = ("private_space", "it leads into loopback, private or link-local addresses")
    DEADLINE = ("deadline", "the time allowed for it ran out")
    BUDGET = ("budget", "the connections or calls allowed for it ran out")
    TOO_LONG = ("too_long", "the answer was longer than allowed")
    MALFORMED = ("malformed", "the answer could not be read")
    TRUNCATED = ("truncated", "the answer ended early")
    REDIRECT_LOOP = ("redirect_loop", "the redirects never end")
    NO_CREDENTIAL = ("no_credential", "no credential was given")
    AUTH_FAILED = ("auth_failed", "the credential was not accepted")
    NEEDS_HUMAN = ("needs_human", "the login asks for a person")
    HOST_KEY_UNKNOWN = ("host_key_unknown", "the server's host key is not pinned")
    HOST_KEY_CHANGED = ("host_key_changed", "the server's host key is not the pinned one")
    NOT_SSH = ("not_ssh", "the answer was not SSH")
    SSH_TOO_OLD = ("ssh_too_old", "the SSH server speaks only retired algorithms")
    NO_SHELL = ("no_shell", "the login gives no POSIX shell")
    ACCESS_DENIED = ("access_denied", "the account may not read it")
    NOT_IMPLEMENTED = ("not_implemented", "the server does not know the question")
    GONE = ("gone", "it does not exist there")
    OUTDATED = ("outdated", "what tells of it is too old")
    TOOL_ABSENT = ("tool_absent", "the environment that this test needs is not installed")
    NOT_OBSERVED = ("not_observed", "nothing that was seen shows it")
    PROBE_ERROR = ("probe_error", "the probe failed")
    CHECK_ERROR = ("check_error", "the check failed")
    DERIVATION_ERROR = ("derivation_error", "a derivation failed")
    ATTESTED_FAILURE = ("attested_failure", "its owner says that it fails")
    UNCONFIRMED = ("unconfirmed", "it failed before and passed once, and no second look confirmed it")
    INTERRUPTED = ("interrupted", "the run was interrupted before it was looked at")
    LEFT_OUT = ("left_out", "it was left out of this run")
    UNLISTED = ("unlisted", "it vanished from the inventory without a `retired` entry")
    INCLUDE_BROKEN = ("include_broken", "its department's file could not be read, so it was not looked at")

    def __init__(self, word: str, phrase: str) -> None:
        self.word = word
        self.phrase = phrase


REASON_WORDS = frozenset(reason.word for reason in Reason)
