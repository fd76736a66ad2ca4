"""AWS Security Token Service: temporary credentials, and who somebody is. Tokens of providers are taken unverified."""
