"""The commands, grouped by what they are about; each module brings a Typer app of its own.

What a command runs is imported when it runs, so that `--help` stays quick and without torch.
"""
