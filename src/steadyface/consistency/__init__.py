"""Phases 1 and 2 of "Temporally consistent semantic video editing" (Xu et al., ECCV 2022), without any
I/O."""
