"""Pages to copy: one file per task, and no file imports another."""
