"""PostgreSQL: many nodes on one server. Imported only where it is used (extra `postgresql`)."""
