"""What a user asks for and every constant of a run: jobs, settings, presets."""
