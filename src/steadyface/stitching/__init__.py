"""Phase 3: paste the edited face back into its frame without a seam."""
