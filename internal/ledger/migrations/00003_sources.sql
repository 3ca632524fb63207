-- +goose Up
-- thin: the sender only announced the answers, which are to be fetched. test: the sender marked it as a test; it ended on
-- arrival.
ALTER TABLE submissions
    ADD COLUMN thin boolean NOT NULL DEFAULT false,
    ADD COLUMN test boolean NOT NULL DEFAULT false;
-- For the last delivery of each source.
CREATE INDEX submissions_source ON submissions (source, arrival DESC);

-- +goose Down
DROP INDEX submissions_source;
ALTER TABLE submissions DROP COLUMN thin, DROP COLUMN test;
