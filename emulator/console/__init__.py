"""The console: pages that show what is recorded and what there is, each with a twin in JSON."""
