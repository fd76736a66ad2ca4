-- AWS Cloud Map's state. Every table is keyed by place (one account in one region) first; times are milliseconds since
-- the epoch, compared with now, never waited for.

CREATE TABLE IF NOT EXISTS namespace (
    place INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    http_name TEXT NOT NULL,
    type TEXT NOT NULL,
    description TEXT,
    vpc TEXT,
    hosted_zone_id TEXT,
    soa_ttl INTEGER,
    created INTEGER NOT NULL,
    creator_request_id TEXT,
    operation TEXT NOT NULL,
    service_count INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (place, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS namespace_http_name ON namespace (place, http_name);
CREATE INDEX IF NOT EXISTS namespace_name ON namespace (place, name);

-- Among the services with DNS records no two names may differ in case only: those have a name_key, and it is unique too.
-- request is a hash of the one that made the service. Rows lie in the order in which they were added.
CREATE TABLE IF NOT EXISTS service (
    place INTEGER NOT NULL,
    id TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT,
    type TEXT NOT NULL,
    description TEXT,
    dns_config TEXT,
    health_check_config TEXT,
    health_check_custom_config TEXT,
    created INTEGER NOT NULL,
    creator_request_id TEXT,
    created_by TEXT NOT NULL,
    request BLOB NOT NULL,
    PRIMARY KEY (place, id)
);
CREATE UNIQUE INDEX IF NOT EXISTS service_name ON service (place, namespace, name);
CREATE UNIQUE INDEX IF NOT EXISTS service_name_key ON service (place, namespace, name_key) WHERE name_key NOT NULL;
CREATE INDEX IF NOT EXISTS service_namespace ON service (place, namespace, id);

-- What changes with the instances of a service, apart from what it is: a small row that is written with each of them.
-- revision grows with every registration and deregistration, health_revision with every change of custom health.
CREATE TABLE IF NOT EXISTS service_tally (
    place INTEGER NOT NULL,
    service TEXT NOT NULL,
    instance_count INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    health_revision INTEGER NOT NULL,
    PRIMARY KEY (place, service)
) WITHOUT ROWID;

-- Rows lie in the order in which they were added, and a smaller index finds them: to write a new instance twice costs less
-- than to put it between others of its service. operation is the seq of the one that registered it. From health_due on,
-- health_next is the instance's health.
CREATE TABLE IF NOT EXISTS instance (
    place INTEGER NOT NULL,
    service TEXT NOT NULL,
    id TEXT NOT NULL,
    attributes TEXT NOT NULL,
    creator_request_id TEXT,
    operation INTEGER NOT NULL,
    health TEXT NOT NULL,
    health_next TEXT,
    health_due INTEGER,
    PRIMARY KEY (place, service, id)
);

-- An asynchronous operation. seq is its place << 40 and its number there, so that the next one is added at the end. While
-- it runs, lock names the resource that it alone may change, and effect holds what is to be done when it completes.
CREATE TABLE IF NOT EXISTS operation (
    seq INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,
    id TEXT NOT NULL,
    action TEXT NOT NULL,
    lock TEXT,
    namespace TEXT,
    service TEXT,
    instance TEXT,
    change_id TEXT,
    created INTEGER NOT NULL,
    completes INTEGER NOT NULL,
    running INTEGER NOT NULL,
    effect TEXT,
    error_code TEXT,
    error_message TEXT
);
CREATE INDEX IF NOT EXISTS operation_running ON operation (place, lock) WHERE running;
CREATE INDEX IF NOT EXISTS operation_due ON operation (completes) WHERE running;

-- Which operations were on a namespace or something in it, and which on a service or its instances. Written in batches:
-- two entries for each operation at once cost as much as the operation.
CREATE TABLE IF NOT EXISTS operation_on (
    place INTEGER NOT NULL,
    resource TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (place, resource, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS operation_cursor (
    place INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL
);

-- resource is the last part of an ARN: namespace/ns-… or service/srv-….
CREATE TABLE IF NOT EXISTS tag (
    place INTEGER NOT NULL,
    resource TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (place, resource, key)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS service_attribute (
    place INTEGER NOT NULL,
    service TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (place, service, key)
) WITHOUT ROWID;
