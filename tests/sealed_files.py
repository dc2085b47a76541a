"""Files to seal onto."""

from __future__ import annotations

import io


class KeptFile(io.BytesIO):
    """A file whose bytes can still be looked at after somebody closed it."""

    content = b""

    def close(self) -> None:
        if not self.closed:
            self.content = self.getvalue()
        super().close()
