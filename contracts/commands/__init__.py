"""The commands of `contract`, one module each, loaded when it is called.

A module has `add_arguments(parser)`, `run(options)`, which returns the exit code, and a docstring that is its help.
"""
