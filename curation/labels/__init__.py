"""Label schemas: what can be said about an episode, span, step or region. Start at `schemas`."""
