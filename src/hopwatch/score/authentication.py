"""Weighs how a hop authenticated: flags, and findings with their sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hopwatch.model.authentication import AuthSigns, Overlay, Relay
from hopwatch.model.standing import Finding, Standing

if TYPE_CHECKING:
    from hopwatch.model.draft import Draft

Said = tuple[str, Finding | None]  # a flag, and what it adds
NOTHING = Standing()
USUAL = {
    "account": "{account} logged on with NTLM where this account uses Kerberos otherwise",
    "pair": "{account} logged on with NTLM where these two hosts use Kerberos otherwise",
    "domain": "{account} logged on with NTLM, though account, source and target all use Kerberos elsewhere",
}


def judge_of(signs: Mapping[int, AuthSigns]) -> Callable[[Sequence[Draft]], list[Standing]]:
    """Give the judge that says of each draft how it authenticated."""
    return lambda drafts: [standing(found, d) if (found := signs.get(d.key or 0)) else NOTHING for d in drafts]


def standing(found: AuthSigns, draft: Draft) -> Standing:
    """Say what the authentication of one hop adds; a relayed logon alone may bring weak evidence to an alert."""
    said = list(_said(found, draft))
    return Standing(
        findings=tuple(finding for _, finding in said if finding),
        notable=found.relay is not None,
        flags=tuple(dict.fromkeys(flag for flag, _ in said if flag)),
    )


def _said(found: AuthSigns, draft: Draft) -> Iterator[Said]:
    if found.relay:
        yield from _relayed(found.relay, _name(draft.target.host or draft.target.ip))
    if found.overlay:
        yield _overlaid(found.overlay, _name(draft.source.host))
    if found.usual and not found.relay:
        yield "ntlm_fallback", _finding("ntlm_fallback", _fallback(found))
    if found.ntlmv1:
        yield "ntlmv1", _finding("ntlmv1", "a logon with NTLM version 1, whose answers can be broken")
    if found.cleartext:
        yield "cleartext", _finding("cleartext", "a logon that handed the password over (type 8)")
    if found.keyless:
        yield "no_session_key", None  # the score itself counts it
    if found.anonymous:
        yield "anonymous", _finding("anonymous", "what was done, was done in an anonymous session")
    if found.guest:
        yield "guest", _finding("guest", "a logon as guest")


def _fallback(found: AuthSigns) -> str:
    text = USUAL[found.usual or ""].format(account=found.fallback_account)
    return (
        f"{text}; the target was addressed by its address, for which there are no tickets" if found.by_address else text
    )


def _overlaid(overlay: Overlay, source: str) -> Said:
    """Credentials taken on at the source: with NTLM a hash is enough, with Kerberos an RC4 ticket gives one away."""
    who = f" by {overlay.by_account}" if overlay.by_account else ""
    text = (
        f"the credentials of {overlay.account} were taken on at {source}{who} (type 9, seclogo) {_ago(overlay.seconds)}"
    )
    if overlay.ntlm:
        return "pass_the_hash", _finding("pass_the_hash", f"{text}, and used with NTLM, for which a hash is enough")
    if overlay.weak_ticket:
        more = f"{text}, and a ticket with RC4 was fetched, though {overlay.account} has better ones"
        return "overpass", _finding("overpass", more)
    return "", _finding("new_credentials", text)


def _ago(seconds: float) -> str:
    if seconds < 0:
        return "during the hop"
    return f"{seconds:.0f} s before" if seconds < 120 else f"{seconds / 60:.0f} min before"


def _relayed(relay: Relay, target: str) -> Iterator[Said]:
    whose = (
        f"the logon of {relay.account}"
        if relay.machine
        else f"a logon that names the workstation {relay.victim.upper()}"
    )
    text = f"relayed: {whose} came from {relay.ip}, while that host was at {relay.victim_ip}"
    yield "relay", _finding("relay", f"{text}{_besides(relay)}")
    if relay.coerced:
        record = f", record {relay.coercion_record}" if relay.coercion_record is not None else ""
        asked = f"{relay.victim.upper()} was asked by {relay.coerced_from} to authenticate elsewhere just before"
        yield "coercion", _finding("coercion", f"{asked} ({relay.coerced}{record})")
    if relay.required is False:
        yield "", _finding("signing_not_required", f"{target} does not require SMB signing ({relay.signing_by})")


def _besides(relay: Relay) -> str:
    proofs = [
        "without a session key" if relay.keyless else "",
        f"just after it had called {relay.ip}" if relay.called else "",
    ]
    signing = {
        None: "whether the target requires SMB signing is unknown",
        True: "the target requires SMB signing, so the relay went another way or the setting is not what it says",
        False: "",
    }[relay.required]
    return "".join([*(f", {proof}" for proof in proofs if proof), f"; {signing}" if signing else ""])


def _finding(key: str, text: str) -> Finding:
    return Finding(f"authentication.{key}", text)


def _name(host: str | None) -> str:
    return "an unknown host" if host is None else host if host.replace(".", "").isdigit() else host.split(".")[0]
