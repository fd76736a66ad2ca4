"""The local S3 over its API: buckets that are folders of plain files. Its calls leave no records."""
