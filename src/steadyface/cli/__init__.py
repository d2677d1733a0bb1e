"""The command line: thin handlers; torch is imported only when a command needs it."""
