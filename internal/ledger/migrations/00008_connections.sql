-- +goose Up
-- Connections to CRMs that a person has made, one per destination. The tokens are sealed; the clock is the database's.
CREATE TABLE connections (
    destination      text        NOT NULL PRIMARY KEY,
    state            text        NOT NULL CHECK (state IN ('connected', 'broken')),
    version          bigint      NOT NULL, -- grows with each tokens that are stored
    tokens           bytea       NOT NULL, -- sealed for the destination
    scopes           text        NOT NULL, -- what was granted, separated by spaces
    site             text        NOT NULL, -- where the account's API is, when the vendor says so
    expires_at       timestamptz,          -- of the access token; not known when null
    connected_at     timestamptz NOT NULL,
    connected_by     text        NOT NULL,
    refreshed_at     timestamptz,
    broken_at        timestamptz,
    error_code       text        NOT NULL DEFAULT '', -- of the last refresh that failed
    error_at         timestamptz,
    refreshing       text        NOT NULL DEFAULT '', -- the worker that refreshes
    refreshing_until timestamptz
);

-- +goose Down
DROP TABLE connections;
