-- +goose Up
-- For tools that read the submissions of the last days page by page.
CREATE INDEX submissions_received ON submissions (received_at, id);

-- +goose Down
DROP INDEX submissions_received;
