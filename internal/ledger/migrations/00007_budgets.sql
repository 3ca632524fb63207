-- +goose Up
-- What a CRM allows one account, shared by all workers. The clock is the database's.
CREATE TABLE crm_budgets (
    destination text        NOT NULL PRIMARY KEY,
    refused     bigint      NOT NULL DEFAULT 0 -- how often the CRM has said "too many" to any worker
);

-- Until when nobody calls, because the CRM said so.
CREATE TABLE crm_closed (
    destination text        NOT NULL,
    class       text        NOT NULL,
    until       timestamptz NOT NULL,
    PRIMARY KEY (destination, class)
);

-- The part of a limit that a worker holds. What has run out is nobody's.
CREATE TABLE crm_leases (
    destination text        NOT NULL,
    limit_name  text        NOT NULL,
    worker      text        NOT NULL,
    calls       int         NOT NULL, -- in the limit's span
    demand      int         NOT NULL, -- what the worker would like to send in it
    runs_out    timestamptz NOT NULL,
    PRIMARY KEY (destination, limit_name, worker)
);

-- What was sent of a limit of hours or a day, in parts of its span.
CREATE TABLE crm_sent (
    destination text        NOT NULL,
    limit_name  text        NOT NULL,
    worker      text        NOT NULL,
    part        timestamptz NOT NULL, -- its beginning
    calls       int         NOT NULL,
    PRIMARY KEY (destination, limit_name, part, worker)
);

-- +goose Down
DROP TABLE crm_budgets, crm_closed, crm_leases, crm_sent;
