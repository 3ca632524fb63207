-- +goose Up
-- Workers tell notifications beside the steps that cause them: a row is open until sent_at, when its outcome is known. An alert
-- is about no submission. Messages hold no personal data.
ALTER TABLE notifications DROP CONSTRAINT notifications_pkey;
ALTER TABLE notifications
    ALTER COLUMN submission_id DROP NOT NULL,
    ADD COLUMN id       bigserial   PRIMARY KEY,
    ADD COLUMN message  jsonb, -- null for those that were sent before there was an outbox
    ADD COLUMN attempts integer     NOT NULL DEFAULT 0,
    ADD COLUMN due_at   timestamptz,
    ADD COLUMN until    timestamptz, -- from when on it is not worth another attempt
    ADD UNIQUE (submission_id, channel);
-- The part of channel before the slash is its name, the rest the event.
CREATE INDEX notifications_due ON notifications (split_part(channel, '/', 1), due_at) WHERE sent_at IS NULL AND message IS NOT NULL;
-- When the cause was last met, which is not written each time.
ALTER TABLE alerts ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now();

-- +goose Down
ALTER TABLE alerts DROP COLUMN seen_at;
DELETE FROM notifications WHERE submission_id IS NULL;
DROP INDEX notifications_due;
ALTER TABLE notifications DROP COLUMN id, DROP COLUMN message, DROP COLUMN attempts, DROP COLUMN due_at, DROP COLUMN until,
    DROP CONSTRAINT notifications_submission_id_channel_key, ADD PRIMARY KEY (submission_id, channel);
