#!/bin/sh
# Creates Temporal's databases and brings their schemas up to date; repeating it changes nothing.
set -eu
for database in temporal temporal_visibility; do
	schema=temporal
	[ "$database" = temporal_visibility ] && schema=visibility
	tool="temporal-sql-tool --plugin postgres12 --ep $POSTGRES_SEEDS -p $DB_PORT -u $POSTGRES_USER --db $database"
	$tool create || true # it exists
	$tool setup-schema -v 0.0 || true # it is set up
	$tool update-schema -d "/etc/temporal/schema/postgresql/v12/$schema/versioned"
done
