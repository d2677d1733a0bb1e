"""The errors a user can cause. Each is one line: what is wrong, where, and what to do.

The command line prints the line and exits with status 2; nothing here ever reaches a user as a traceback.
"""


class SteadyfaceError(Exception):
    """Base of every error that is the input's, the machine's or the user's doing."""


class InputError(SteadyfaceError):
    """The input video or an argument can't be used (unreadable, empty, too small, unknown name)."""


class FaceError(SteadyfaceError):
    """No face, a face lost for part of the clip, or a cut: the message names the frames."""


class WeightsError(SteadyfaceError):
    """A weight file can't be fetched, is damaged, or is not what its card says."""


class ResourceError(SteadyfaceError):
    """The machine can't do it: a read-only or full disk, too little memory."""
