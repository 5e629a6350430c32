"""Reference client of Wissel. It is small on purpose: read it as the executable half of `DESKTOP.md`.

`Desktop` is what an agent works with, `Producer` brings contacts in and follows them, `Admin` keeps the roster
and the configuration. All three speak for one tenant over one NATS connection of their own.
"""

from .admin import Admin
from .connection import ApiError, NotAnswered, NotConnected, NotStored, WisselError
from .desktop import Desktop, Event, Held, NotSignedIn
from .producer import Follow, Producer

__all__ = [
    "Admin",
    "ApiError",
    "Desktop",
    "Event",
    "Follow",
    "Held",
    "NotAnswered",
    "NotConnected",
    "NotSignedIn",
    "NotStored",
    "Producer",
    "WisselError",
]
