-- +goose Up
-- Submissions that nobody waits for: those of a backfill. They are started while no live one waits, a few at a time.
ALTER TABLE submissions ADD COLUMN background boolean NOT NULL DEFAULT false;
DROP INDEX submissions_unstarted;
CREATE INDEX submissions_unstarted ON submissions (arrival) WHERE started_at IS NULL AND NOT background;
CREATE INDEX submissions_background_waiting ON submissions (arrival) WHERE started_at IS NULL AND background;
CREATE INDEX submissions_background_open ON submissions (stage) WHERE background AND started_at IS NOT NULL AND finished_at IS NULL;

-- How far a file has been read into the ledger, so that a backfill which was interrupted goes on there.
CREATE TABLE backfills (
    id         text PRIMARY KEY, -- hash of the file and of how it is read
    source     text        NOT NULL,
    form       text        NOT NULL,
    rows       bigint      NOT NULL DEFAULT 0, -- that were dealt with, from the beginning of the file
    added      bigint      NOT NULL DEFAULT 0,
    there      bigint      NOT NULL DEFAULT 0,
    rejected   bigint      NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at   timestamptz
);

-- +goose Down
DROP TABLE backfills;
DROP INDEX submissions_background_open, submissions_background_waiting, submissions_unstarted;
DELETE FROM submissions WHERE background AND started_at IS NULL;
CREATE INDEX submissions_unstarted ON submissions (arrival) WHERE started_at IS NULL;
ALTER TABLE submissions DROP COLUMN background;
