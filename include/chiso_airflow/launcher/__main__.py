"""`python -m chiso_airflow.launcher run|up|down|status`; exit codes as in docs/runbooks/running.md."""

import sys

from chiso.system.errors import ChisoError
from chiso.system.terminal import shown
from chiso.system.visible import safe_output

from chiso_airflow.launcher import commands

_COMMANDS = {"run": commands.run, "up": commands.up, "serve": commands.serve, "down": commands.down,
             "status": commands.status, "login": commands.login}


def main(arguments: list[str]) -> int:
    """Runs the named command; errors go to stderr as one message that says what to do."""
    if len(arguments) != 1 or arguments[0] not in _COMMANDS:
        sys.stderr.write("usage: python -m chiso_airflow.launcher run|up|down|status\n")
        return 2
    try:
        with shown(), safe_output(), commands.signals_end_us():
            return _COMMANDS[arguments[0]]()
    except ChisoError as fault:
        sys.stderr.write(f"{fault}\n")
        return fault.exit_code
    except commands.Interrupted as interrupted:
        return interrupted.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
