"""The run folder: artefacts of finished stages, checkpoints of unfinished ones, the manifest."""
