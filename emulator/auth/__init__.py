"""Signatures of requests, version 4: read, checked, refused in AWS's words."""
