"""Phase 3: the edited face back into its frame without a seam."""
