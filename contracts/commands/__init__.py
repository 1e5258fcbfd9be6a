"""The commands of `contract`, one module each, loaded when it is called.

A module has a docstring and `EXAMPLES`, with which its help begins, `add_arguments(parser)`, and `run(options)`, which
returns the exit code. Only `run` imports what the command works with, so that help and errors of usage are there at
once; `tests/unit/test_start_up.py` holds that.
"""
