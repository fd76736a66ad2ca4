"""AWS Cloud Map on one machine; its CloudTrail is the package `trail`."""

from typing import Any

__version__ = "0.1.0"

__all__ = ["Emulator", "__version__"]


def __getattr__(name: str) -> Any:
    """Bring `Emulator` when it is asked for, so that the command line starts without the server's imports."""
    if name == "Emulator":
        from emulator.embedded import Emulator  # noqa: PLC0415

        return Emulator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
