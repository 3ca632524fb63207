-- +goose Up
-- One row per submission. Columns in clear hold no personal data except sender_id, which is the sender's own id of the
-- submission; answers and plan are sealed.
CREATE TABLE submissions (
    id              text PRIMARY KEY,
    arrival         bigserial,
    source          text        NOT NULL,
    form            text        NOT NULL,
    sender_id       text        NOT NULL,
    revision        text        NOT NULL DEFAULT '',
    submitted_at    timestamptz NOT NULL,
    received_at     timestamptz NOT NULL,
    trace           text        NOT NULL DEFAULT '',
    payload         bytea       NOT NULL,
    raw             bytea       NOT NULL,
    content_type    text        NOT NULL DEFAULT '',
    started_at      timestamptz,
    stage           text        NOT NULL DEFAULT 'received',
    person          bytea, -- blind index
    answers         bytea, -- blind index of the answers that were claimed
    first_claim     text        NOT NULL DEFAULT '', -- who had claimed them first
    plan            bytea,
    mapping         text        NOT NULL DEFAULT '',
    mapping_version text        NOT NULL DEFAULT '',
    destination     text        NOT NULL DEFAULT '',
    disposition     text        NOT NULL DEFAULT '',
    duplicate_of    text        NOT NULL DEFAULT '',
    steps           jsonb       NOT NULL DEFAULT '[]',
    finished_at     timestamptz,
    UNIQUE (source, sender_id, revision)
);
-- For the relay: only what has not been started, in order of arrival.
CREATE INDEX submissions_unstarted ON submissions (arrival) WHERE started_at IS NULL;
-- For counts and the review queue: only what has not ended.
CREATE INDEX submissions_open ON submissions (stage) WHERE finished_at IS NULL;
CREATE INDEX submissions_person ON submissions (person) WHERE person IS NOT NULL;

-- Every delivery of a submission.
CREATE TABLE events (
    id            bigserial PRIMARY KEY,
    submission_id text        NOT NULL REFERENCES submissions ON DELETE CASCADE,
    event_id      text        NOT NULL DEFAULT '',
    via           text        NOT NULL,
    received_at   timestamptz NOT NULL
);
CREATE INDEX events_submission ON events (submission_id);

-- Who gave which answers first. The first claimer has them until the window has passed.
CREATE TABLE answer_claims (
    form          text        NOT NULL,
    person        bytea       NOT NULL,
    answers       bytea       NOT NULL,
    submission_id text        NOT NULL REFERENCES submissions ON DELETE CASCADE,
    source        text        NOT NULL,
    sender_id     text        NOT NULL,
    claimed_at    timestamptz NOT NULL,
    PRIMARY KEY (form, person, answers)
);
CREATE INDEX answer_claims_submission ON answer_claims (submission_id);

CREATE TABLE writes (
    submission_id   text        NOT NULL REFERENCES submissions ON DELETE CASCADE,
    destination     text        NOT NULL,
    object          text        NOT NULL,
    record_id       text        NOT NULL,
    outcome         text        NOT NULL,
    fields          text[]      NOT NULL,
    kept            text[]      NOT NULL,
    mapping_version text        NOT NULL,
    written_at      timestamptz NOT NULL,
    PRIMARY KEY (submission_id, destination, object, record_id)
);

-- Every call to a CRM: what support needs in clear, what was said sealed.
CREATE TABLE crm_calls (
    id            bigserial PRIMARY KEY,
    submission_id text        NOT NULL REFERENCES submissions ON DELETE CASCADE,
    step          text        NOT NULL,
    destination   text        NOT NULL,
    operation     text        NOT NULL,
    attempt       integer     NOT NULL,
    status        integer     NOT NULL,
    kind          text        NOT NULL,
    code          text        NOT NULL,
    request_id    text        NOT NULL,
    batch         integer     NOT NULL,
    started_at    timestamptz NOT NULL,
    took_ms       double precision NOT NULL,
    context       bytea       NOT NULL
);
CREATE INDEX crm_calls_submission ON crm_calls (submission_id);

CREATE TABLE review_items (
    id            bigserial PRIMARY KEY,
    submission_id text        NOT NULL REFERENCES submissions ON DELETE CASCADE,
    step          text        NOT NULL,
    kind          text        NOT NULL,
    code          text        NOT NULL,
    problems      jsonb       NOT NULL,
    opened_at     timestamptz NOT NULL,
    closed_at     timestamptz,
    action        text        NOT NULL DEFAULT '',
    closed_by     text        NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX review_items_open ON review_items (submission_id) WHERE closed_at IS NULL;
CREATE INDEX review_items_submission ON review_items (submission_id);

CREATE TABLE corrections (
    id            text PRIMARY KEY,
    number        bigserial,
    submission_id text        NOT NULL REFERENCES submissions ON DELETE CASCADE,
    answers       bytea       NOT NULL,
    fields        text[]      NOT NULL,
    made_by       text        NOT NULL,
    made_at       timestamptz NOT NULL
);
CREATE INDEX corrections_submission ON corrections (submission_id, number);

CREATE TABLE assignments (
    submission_id text PRIMARY KEY REFERENCES submissions ON DELETE CASCADE,
    destination   text        NOT NULL,
    object        text        NOT NULL,
    record_id     text        NOT NULL,
    owner         text        NOT NULL,
    queue         text        NOT NULL,
    rule          text        NOT NULL,
    explanation   text        NOT NULL,
    pool          text        NOT NULL,
    assigned_at   timestamptz NOT NULL
);
CREATE INDEX assignments_record ON assignments (destination, object, record_id);

-- What each round robin pool has drawn so far.
CREATE TABLE pools (
    name  text PRIMARY KEY,
    state jsonb -- null before the first draw
);

CREATE TABLE notifications (
    submission_id text        NOT NULL REFERENCES submissions ON DELETE CASCADE,
    channel       text        NOT NULL,
    outcome       text        NOT NULL DEFAULT '',
    claimed_at    timestamptz NOT NULL,
    sent_at       timestamptz,
    PRIMARY KEY (submission_id, channel)
);

CREATE TABLE alerts (
    cause      text PRIMARY KEY,
    alerted_at timestamptz NOT NULL
);

-- What people did. Append-only: each row's hash covers the row before it.
CREATE TABLE audit (
    number        bigint PRIMARY KEY,
    at            timestamptz NOT NULL,
    actor         text        NOT NULL,
    action        text        NOT NULL,
    submission_id text        NOT NULL,
    detail        text        NOT NULL,
    hash          bytea       NOT NULL
);
-- Where the chain ends, so that rows missing at its end show; its lock serializes appends.
CREATE TABLE audit_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    number bigint NOT NULL,
    hash   bytea  NOT NULL
);
INSERT INTO audit_head (number, hash) VALUES (0, '');
-- +goose StatementBegin
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- Which keys this ledger is sealed with: for each key that ever sealed here, a value that only it opens.
CREATE TABLE key_check (
    key_id      text PRIMARY KEY,
    fingerprint text        NOT NULL,
    canary      bytea       NOT NULL,
    added_at    timestamptz NOT NULL
);

-- +goose Down
DROP TABLE key_check, audit_head, audit, alerts, notifications, pools, assignments, corrections, review_items, crm_calls, writes,
    answer_claims, events, submissions;
DROP FUNCTION audit_is_append_only;
