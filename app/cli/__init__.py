"""The command line: one module per command, each a click command named `command`; never imports Qt.

`main` finds the command's module by its name, so starting one command does not import the others. `output` is the
contract with scripts: JSON on stdout, everything else on stderr, exit codes 0, 1 and 2.
"""
