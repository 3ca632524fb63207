#!/bin/sh
# Creates the namespace. Its retention is how long engineers can read the history of a submission that ended.
set -eu
temporal operator namespace describe -n "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
	temporal operator namespace create -n "$TEMPORAL_NAMESPACE" --retention 168h
