"""Waits until the launcher that started it is gone; where that was killed, ends what it left running.

Nothing is imported before that: this process is there all the time.
"""

import sys


def main() -> None:
    """Returns when everything has ended."""
    sys.stdin.buffer.read()

    from chiso.system import settings as environment
    from chiso.system.postgres import stop_if_unused

    from chiso_airflow.launcher import ledger

    settings = environment.load()
    ledger.clear_leftovers(settings)
    stop_if_unused(settings)


if __name__ == "__main__":
    main()
