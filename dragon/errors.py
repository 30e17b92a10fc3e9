"""Errors that are the user's to mend; a stage prints them as one line and exits with status 2."""


class UserError(ValueError):
    """Something outside the code is wrong: a setting, a file, a missing package.

    The message names the file or setting, what was found, what is allowed and what to do.
    """


class ConfigError(UserError):
    """A value in ``params.yaml`` or ``scales/*.yaml`` cannot be used."""


class ArtifactError(UserError):
    """A file that a stage reads is missing, incomplete or not what it claims to be."""
