-- +goose Up
-- Where a form and its mapping have come apart. The names of answers are the sender's text: they are kept here and nowhere
-- else.
CREATE TABLE drift (
    id         bigserial PRIMARY KEY,
    mapping    text        NOT NULL,
    kind       text        NOT NULL, -- unknown: no rule mentions it; vanished: it came, and comes no more
    answer     text        NOT NULL,
    version    text        NOT NULL, -- of the mapping, when it was last seen
    first_seen timestamptz NOT NULL,
    last_seen  timestamptz NOT NULL,
    count      bigint      NOT NULL, -- submissions
    UNIQUE (mapping, kind, answer)
);

-- How often each answer that a mapping reads came, by day. This is what "vanished" is measured by.
CREATE TABLE answer_days (
    mapping text   NOT NULL,
    source  text   NOT NULL,
    form    text   NOT NULL,
    answer  text   NOT NULL,
    day     date   NOT NULL,
    carried bigint NOT NULL,
    asked   bigint NOT NULL,
    PRIMARY KEY (mapping, source, form, answer, day)
);
CREATE INDEX answer_days_day ON answer_days (day);

-- What the last check of a destination's schema found: what it would not take as the mappings write it.
CREATE TABLE schema_checks (
    destination text PRIMARY KEY,
    checked_at  timestamptz NOT NULL
);
CREATE TABLE schema_findings (
    id          bigserial PRIMARY KEY,
    destination text        NOT NULL,
    mapping     text        NOT NULL, -- "" where routing is at fault
    object      text        NOT NULL,
    field       text        NOT NULL,
    code        text        NOT NULL,
    expect      text        NOT NULL,
    place       text        NOT NULL,
    first_seen  timestamptz NOT NULL,
    last_seen   timestamptz NOT NULL,
    UNIQUE (destination, mapping, object, field, code)
);

-- +goose Down
DROP TABLE drift, answer_days, schema_checks, schema_findings;
