-- Times are milliseconds since 1970 UTC. The same text serves SQLite and PostgreSQL.

-- The chain: entries are appended, never changed. hash is over all columns before it but person and salt,
-- which are forgotten when their time is over; person_digest is of both.
CREATE TABLE audit (
    number BIGINT PRIMARY KEY,
    time BIGINT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL,
    person_digest TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    person TEXT NOT NULL,
    salt TEXT
);

-- One row: the last entry. Whoever appends holds it, so there is one chain.
CREATE TABLE head (
    number BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO head VALUES (0, '');

-- Empty but while names are forgotten.
CREATE TABLE pseudonyms (
    person TEXT PRIMARY KEY,
    pseudonym TEXT NOT NULL
);

-- What the audit entries of the same number say, for queries.
CREATE TABLE builds (
    entry BIGINT PRIMARY KEY,
    source TEXT NOT NULL,
    revision TEXT NOT NULL,
    image TEXT NOT NULL,
    digest TEXT NOT NULL,
    milliseconds BIGINT NOT NULL,
    result TEXT NOT NULL
);
CREATE INDEX builds_digest ON builds (digest);

CREATE TABLE checks (
    entry BIGINT PRIMARY KEY,
    image TEXT NOT NULL,
    digest TEXT NOT NULL,
    node TEXT NOT NULL,
    request TEXT NOT NULL,
    verdict TEXT NOT NULL,
    findings TEXT NOT NULL
);

CREATE TABLE publications (
    entry BIGINT PRIMARY KEY,
    change TEXT NOT NULL,
    application TEXT NOT NULL,
    version TEXT NOT NULL,
    cluster TEXT NOT NULL,
    revision TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE TABLE deployments (
    entry BIGINT PRIMARY KEY,
    cluster TEXT NOT NULL,
    revision TEXT NOT NULL,
    changed BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    changes TEXT NOT NULL
);

-- What launches have in common. id is made of the other columns.
CREATE TABLE programs (
    id BIGINT PRIMARY KEY,
    application TEXT NOT NULL,
    version TEXT NOT NULL,
    digest TEXT NOT NULL,
    command TEXT NOT NULL,
    plan TEXT NOT NULL,
    libraries TEXT NOT NULL
);
CREATE INDEX programs_application ON programs (application, version);

-- seal is made of id, started, node and program; the audit entry of the import has the sum of its launches'.
CREATE TABLE launches (
    id TEXT PRIMARY KEY,
    started BIGINT NOT NULL,
    person TEXT NOT NULL,
    team TEXT NOT NULL,
    node TEXT NOT NULL,
    program BIGINT NOT NULL,
    image TEXT NOT NULL,
    job TEXT NOT NULL,
    step TEXT NOT NULL,
    node_milliseconds BIGINT,
    entry BIGINT NOT NULL,
    seal BIGINT NOT NULL
);
CREATE INDEX launches_started ON launches (started);
CREATE INDEX launches_job ON launches (job);

-- What the resource manager has written down about jobs.
CREATE TABLE jobs (
    job TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    exit_code BIGINT,
    started BIGINT,
    ended BIGINT,
    cpu_milliseconds BIGINT,
    peak_bytes BIGINT,
    nodes TEXT NOT NULL
);
