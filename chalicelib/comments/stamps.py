"""When a form was made, signed. Pages are kept and shared, so a stamp is good for many; what it shows is that
nobody filled the form in no time, or long after it was made.
"""

from __future__ import annotations

from chalicelib.core import clock, signing
from chalicelib.settings.model import Site

STAMP = "form"


def stamp(post_id: str) -> str:
    """When a form was made, signed for that post. Pages are kept and shared, so it is good for many."""
    return signing.seal(STAMP, f"{post_id} {int(clock.now().timestamp())}")


def stamp_fault(site: Site, post_id: str, given: str) -> str:
    """What is wrong with a form's age: `quick`, `old`, or empty where nothing is."""
    if takes_any_age(site):
        return ""
    try:
        own_id, _, at = signing.unseal(STAMP, given).partition(" ")
        age = int(clock.now().timestamp()) - int(at)
    except ValueError:
        return "old"
    if own_id != post_id or (site.comments_form_hours and age > site.comments_form_hours * 3600):
        return "old"
    return "quick" if age < site.comments_form_seconds else ""


def form_era(site: Site) -> str:
    """Changes twice within the time that a form is good for, and with it the tags of pages that hold one: so
    no reader is shown a form that is nearly too old.
    """
    seconds = site.comments_form_hours * 1800
    return f"{int(clock.now().timestamp()) // seconds:x}" if seconds else ""


def takes_any_age(site: Site) -> bool:
    return not site.comments_form_seconds and not site.comments_form_hours
