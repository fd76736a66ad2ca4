"""Who the access keys are: the identities file, its users, roots, roles and services, read whole or not at all."""
