"""The checks of what is told apart: known administration, strangers, NTLM, hosts that do not ask for signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hopwatch.facts.authentication import signing
from hopwatch.lab.checks import PRIVILEGED
from hopwatch.lab.forms import table
from hopwatch.lab.runs import Lab, host_of, pointers, runs
from hopwatch.model.checklist import Check, Status
from hopwatch.model.hop import Account, Source

if TYPE_CHECKING:
    from hopwatch.model.draft import Draft
    from hopwatch.model.hop import Hop
    from hopwatch.model.standing import Standing

# Nobody that a context can name: a documentation address and names that no host or account bears.
STRANGER = Source(host="stranger.invalid", ip="203.0.113.77", known_by="logon")
NOBODY = Account(name="stranger", domain="INVALID")
Judge = Callable[[Sequence["Draft"]], Sequence["Standing"]]


def told_apart(lab: Lab, drafts: Sequence[Draft], judge: Judge) -> Iterator[Check]:
    """Check that the work that the context allows is suppressed, and that the same work of a stranger is not."""
    title = "The alert leaves out what the context allows (jump hosts, service accounts)"
    other = "The same work by a stranger is not left out"
    if not lab.told:
        for name, text in (("allowed", title), ("stranger", other)):
            yield Check(
                name,
                text,
                Status.NOT_SEEN,
                text="no context was given: --context FILE names jump hosts and service accounts",
            )
        return
    quiet = [hop for hop in runs(lab.hops, PRIVILEGED) if hop.suppressed_by]
    if quiet:
        yield Check(
            "allowed",
            title,
            Status.PASS,
            host_of(quiet[0]),
            _suppressed(quiet[0]),
            pointers(quiet[0], "logon", "execution"),
        )
    else:
        yield _unsuppressed(lab, title)
    yield _stranger(lab, other, quiet, drafts, judge)


def _unsuppressed(lab: Lab, title: str) -> Check:
    """Nothing was suppressed: wrong where a jump host's work alerts."""
    loud = [
        hop for hop in runs(lab.hops, PRIVILEGED) if hop.alert and {"jump_host", "management"} & set(hop.source.roles)
    ]
    if not loud:
        return Check(
            "allowed",
            title,
            Status.NOT_SEEN,
            text="no run from a jump host or by a service account of the context is in these logs",
        )
    hop = loud[0]
    who = f'source: {hop.source.host or hop.source.ip}, account: "{hop.account.name}"'
    mend = f"in the context, allow: - {{{who}, techniques: [{', '.join(hop.techniques)}], why: …}}"
    return Check(
        "allowed", title, Status.FAIL, host_of(hop), f"{_who(hop)} alerts", pointers(hop, "logon", "execution"), mend
    )


def _stranger(lab: Lab, title: str, quiet: Sequence[Hop], drafts: Sequence[Draft], judge: Judge) -> Check:
    """A real stranger's alert shows it; failing that, suppressed work is judged once more as a stranger's."""
    alerts = [hop for hop in runs(lab.hops, PRIVILEGED) if hop.alert]
    if alerts:
        best = max(alerts, key=lambda hop: hop.score)
        return Check(
            "stranger",
            title,
            Status.PASS,
            host_of(best),
            f"{_who(best)} alerts, score {best.score}",
            pointers(best, "logon", "execution"),
        )
    if not quiet:
        return Check("stranger", title, Status.NOT_SEEN, text="no run by anybody is in these logs")
    asked = [_as_stranger(draft) for draft in drafts if draft.id == quiet[0].id]
    hidden = next((standing.suppressed_by for standing in judge(asked) if standing.suppressed_by), None)
    if hidden is None:
        return Check(
            "stranger",
            title,
            Status.PASS,
            host_of(quiet[0]),
            "judged once more as if a stranger had done it: not suppressed",
            pointers(quiet[0], "logon", "execution"),
        )
    return Check(
        "stranger",
        title,
        Status.FAIL,
        host_of(quiet[0]),
        f"a stranger's run would be suppressed by {hidden}",
        (),
        f"narrow {hidden}: name its source and account",
    )


def _as_stranger(draft: Draft) -> Draft:
    return replace(draft, source=STRANGER, account=NOBODY)


def _suppressed(hop: Hop) -> str:
    return f"{_who(hop)} is suppressed by {hop.suppressed_by}"


def _who(hop: Hop) -> str:
    return f"{hop.technique} of {hop.account.name or '?'} from {hop.source.host or hop.source.ip or '?'}"


def fallback(lab: Lab) -> Iterator[Check]:
    """Check that a fallback to NTLM is seen where it was forced."""
    title = "A fallback to NTLM is seen when it is forced (the target named by its address)"
    found = [hop for hop in lab.hops if (hop.auth.package or "").upper().startswith("NTLM")]
    flagged = [hop for hop in found if "ntlm_fallback" in hop.auth.flags]
    best = next(iter(flagged or runs(found, PRIVILEGED) or found), None)
    if best is None:
        yield Check(
            "ntlm_fallback",
            title,
            Status.NOT_SEEN,
            text=r"no NTLM logon from another host is in these logs; try: dir \\<address>\admin$",
        )
        return
    said = "flagged as a fallback" if flagged else "no Kerberos of this account or pair is here to compare with"
    yield Check(
        "ntlm_fallback", title, Status.PASS, host_of(best), f"{_who(best)} with NTLM; {said}", pointers(best, "logon")
    )


def signed(lab: Lab) -> Iterator[Check]:
    """Check that SMB servers require signatures, where anything tells."""
    title, settings = "SMB signing is required", table("settings")["signing"]
    known = [one for one in signing(lab.con) if one.required is not None]
    if not known:
        yield Check(
            "smb_signing",
            title,
            Status.NOT_SEEN,
            text="nothing here tells of it (SMBServer/Audit 3021, or a list of assets with signing)",
        )
    for one in known:
        how = f"known by {one.known_by}"
        if one.required:
            yield Check("smb_signing", title, Status.PASS, one.host, how)
        else:
            yield Check(
                "smb_signing",
                title,
                Status.FAIL,
                one.host,
                f"not required; {how}",
                (),
                f"{settings['command']}  ({settings['path']})",
            )
