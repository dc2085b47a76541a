"""The entry point `safelight`: finds a command, runs it, and turns every failure into one sentence."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from pathlib import Path

import click

import app.cli as cli_package
from app.cli.output import EXIT_REFUSED, EXIT_USAGE, Output
from app.unexpected import unexpected
from replay.core_dumps import leave_no_core
from replay.errors import Cancelled, SafelightError

NOT_COMMANDS = frozenset({"main", "output", "options"})


class CommandModules(click.Group):
    """Commands found by module name below `app.cli`, imported when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = (m.name for m in pkgutil.iter_modules(cli_package.__path__))
        return sorted(n.rstrip("_") for n in names if n not in NOT_COMMANDS and not n.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        # `import` is a keyword: its module is `import_`.
        name = (
            cmd_name if any(m.name == cmd_name for m in pkgutil.iter_modules(cli_package.__path__)) else f"{cmd_name}_"
        )
        command: click.Command = importlib.import_module(f"app.cli.{name}").command
        return command


@click.command(cls=CommandModules, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout and nothing else there.")
@click.option("--home", type=click.Path(path_type=Path), envvar="SAFELIGHT_HOME", help="Where this identity lives.")
@click.version_option(package_name="safelight")
@click.pass_context
def safelight(ctx: click.Context, as_json: bool, home: Path | None) -> None:
    """Replay, label, trim, redact and export captured computer-use sessions."""
    ctx.obj = Output(as_json)
    ctx.meta["home"] = home


def hoisted(argv: list[str]) -> list[str]:
    """`--json` and `--home` mean the same wherever they stand on the line; click wants them before the command."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--json" or word.startswith("--home="):
            front.append(word)
        elif word == "--home":
            front += [word, next(words, "")]
        else:
            rest.append(word)
    return front + rest


def _wrong_usage(out: Output, error: click.UsageError) -> None:
    """What to write otherwise. Words too many are not repeated: half of an unquoted secret may be among them."""
    if error.message.startswith("Got unexpected extra argument"):
        error = click.UsageError("There are more words than this command takes; quote what holds spaces.", error.ctx)
    if not out.as_json:
        error.show()
        return
    name = error.ctx.command_path if error.ctx else "safelight"
    out.error(SafelightError("wrong_usage", error.format_message(), f"“{name} --help” shows how."))


def main(argv: list[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 refused or found something, 2 wrong usage."""
    leave_no_core()
    words = hoisted(sys.argv[1:] if argv is None else argv)
    out = Output("--json" in words)
    try:
        code = safelight.main(words, prog_name="safelight", standalone_mode=False)
    except click.UsageError as e:
        _wrong_usage(out, e)
        sys.exit(EXIT_USAGE)
    except SafelightError as e:
        out.error(e)
        sys.exit(EXIT_REFUSED)
    except (KeyboardInterrupt, click.Abort):
        out.error(Cancelled("The command"))
        sys.exit(EXIT_REFUSED)
    except BrokenPipeError:
        # Whoever read the answer has stopped, as `head` does; the interpreter must not try to flush the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_REFUSED)
    except Exception as e:  # noqa: BLE001
        # The boundary: a traceback on a terminal or in a log may quote what was captured.
        out.error(unexpected(e))
        sys.exit(EXIT_REFUSED)
    sys.exit(code if isinstance(code, int) else 0)
