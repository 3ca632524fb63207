-- +goose Up
-- How far the submissions of a form are known to be complete: everything submitted before was read from its sender.
CREATE TABLE pull_marks (
    source text        NOT NULL,
    form   text        NOT NULL, -- the sender's id
    until  timestamptz NOT NULL,
    PRIMARY KEY (source, form)
);

-- One reading of one form, which goes on where it was after a crash. The cursor is the sender's.
CREATE TABLE pull_runs (
    id         text        NOT NULL, -- of the workflow's first run
    source     text        NOT NULL,
    form       text        NOT NULL,
    since      timestamptz NOT NULL,
    until      timestamptz NOT NULL,
    dry        boolean     NOT NULL,
    cursor     text        NOT NULL DEFAULT '',
    pages      int         NOT NULL DEFAULT 0,
    read       bigint      NOT NULL DEFAULT 0, -- submissions that the sender listed
    there      bigint      NOT NULL DEFAULT 0, -- of these, already known
    missed     bigint      NOT NULL DEFAULT 0, -- not known
    young      bigint      NOT NULL DEFAULT 0, -- left to the next reading: their webhook may be under way
    unreadable bigint      NOT NULL DEFAULT 0, -- of those missed, for a person to read
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    PRIMARY KEY (id, form)
);
CREATE INDEX pull_runs_source ON pull_runs (source, started_at);

-- +goose Down
DROP TABLE pull_marks, pull_runs;
