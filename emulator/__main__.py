"""`python -m emulator` is `maptrail`."""

from emulator.cli import main

main()
