"""An edit on one frame, in seconds: the page's preview, and ``steadyface edit --look``."""
