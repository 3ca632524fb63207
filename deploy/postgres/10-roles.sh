#!/bin/sh
# Runs once, when the data volume is new: a role and a database each for the ledger and the CRM's tables, and a role for
# Temporal, which creates its own databases. Nobody but the superuser may see two of them.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
	-v ledger="$HANDOFF_LEDGER_PASSWORD" -v crm="$HANDOFF_CRM_PASSWORD" -v temporal="$TEMPORAL_DB_PASSWORD" <<'SQL'
CREATE ROLE handoff LOGIN PASSWORD :'ledger';
CREATE ROLE crm LOGIN PASSWORD :'crm';
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal';
CREATE DATABASE handoff OWNER handoff;
CREATE DATABASE crm OWNER crm;
REVOKE CONNECT ON DATABASE handoff, crm FROM PUBLIC;
SQL
