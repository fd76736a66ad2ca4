"""AWS Cloud Map: namespaces, services, instances, discovery. One small function an operation; the rules are pure."""
