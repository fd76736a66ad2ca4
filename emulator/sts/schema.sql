-- Sessions: temporary credentials and whose they are. Kept for a day after they expire, to say that they have.
-- identity is the userIdentity that their calls leave, members in order; tags and policies are JSON.

CREATE TABLE IF NOT EXISTS session (
    place INTEGER NOT NULL,
    access_key TEXT NOT NULL,
    secret TEXT NOT NULL,
    token TEXT NOT NULL,
    account TEXT NOT NULL,
    expires INTEGER NOT NULL,
    identity TEXT NOT NULL,
    tags TEXT NOT NULL,
    transitive TEXT NOT NULL,
    policy TEXT NOT NULL,
    policy_arns TEXT NOT NULL,
    PRIMARY KEY (place, access_key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS session_access_key ON session (access_key);
CREATE INDEX IF NOT EXISTS session_expires ON session (expires);
