"""The sessions of the demo: who does what, in which applications."""

from __future__ import annotations

from app.demo.scenes.developer import DEVELOPER
from app.demo.scenes.office import OFFICE
from app.demo.scenes.personal import PERSONAL
from app.demo.scenes.support import SUPPORT
from app.demo.studio import SessionPlan

PLANS: dict[str, SessionPlan] = {p.name: p for p in (SUPPORT, DEVELOPER, OFFICE, PERSONAL)}
"""In the order of the library."""
