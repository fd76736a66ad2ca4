"""Policies of IAM: what a document says, and whether it allows a call. Nothing here knows of services."""
