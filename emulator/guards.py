"""Who is let in, and who may do what: as far as the settings ask for it; what they do not ask for is None."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from emulator.auth.checking import Signatures
from emulator.authorization import Authorizer
from emulator.s3.admission import Admission

if TYPE_CHECKING:
    from emulator.caller import Callers
    from emulator.identities.directory import Directory
    from emulator.proxies import Proxies
    from emulator.settings import Settings

__all__ = ["Guards"]


class Guards:
    """``signatures`` and ``authorizer`` are asked by the gateway, ``admission`` by the local S3."""

    def __init__(self, settings: Settings, callers: Callers, directory: Directory, proxies: Proxies) -> None:
        signatures = Signatures(callers.identify, time.time) if settings.auth == "signed" else None
        identify = callers.identify if signatures is None else lambda request: signatures.caller(request, "s3")
        self.signatures = signatures
        self.admission = Admission(identify, callers.account_of) if settings.auth != "open" else None
        self.authorizer = Authorizer(directory, proxies) if settings.authorize else None

    def forget(self) -> None:
        """Drop what was derived from sessions: they may be gone."""
        if self.authorizer is not None:
            self.authorizer.forget()
