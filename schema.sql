-- Keyfob's one file. This is version 1 of the schema; later versions are numbered migrations in
-- src/store/schema.rs, recorded in PRAGMA user_version.
--
-- Times are Unix seconds, UTC, unless the name ends in _ms. Ids are 16-byte UUIDv7s, made in rising
-- order, so that rows are appended. Tokens, codes and secrets are here only as hashes: SHA-256 where
-- the server made them (256 random bits), Argon2id where a person chose them. The one exception is
-- signing_keys, which must hold the private keys, and server_secrets, from which MAC and seal keys are
-- derived: the file is created with mode 0600 and both tables are left out of every export.

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE server_secrets (
  name   TEXT PRIMARY KEY,
  secret BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
  kid          TEXT PRIMARY KEY,            -- RFC 7638 thumbprint
  alg          TEXT NOT NULL CHECK (alg IN ('ES256', 'EdDSA', 'RS256')),
  pkcs8        BLOB NOT NULL,
  created_at   INTEGER NOT NULL,
  activates_at INTEGER NOT NULL,            -- published from created_at, signs from here on
  expires_at   INTEGER                      -- no token signed by it lives longer; NULL while it signs
) STRICT;

-- Managed objects of the kinds with few of them, each as one document: scopes, APIs (RFC 8707), trusted issuers (RFC 7523
-- §2.1). domain/<kind>.rs says what is in it.
CREATE TABLE objects (
  kind   TEXT NOT NULL,
  name   TEXT NOT NULL,                     -- what identifies it: a scope's name, a URI, an issuer
  object TEXT NOT NULL CHECK (json_valid(object)),
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE clients (
  client_id  TEXT PRIMARY KEY,
  metadata   TEXT NOT NULL CHECK (json_valid(metadata)),  -- RFC 7591 §2 names and our own, domain/client.rs
  disabled   INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  managed_by TEXT,
  secret_declared_in TEXT,                  -- where a configuration file declares its secret; NULL: nowhere
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX clients_managed ON clients (managed_by) WHERE managed_by IS NOT NULL;

CREATE TABLE client_secrets (
  id         BLOB PRIMARY KEY,
  client_id  TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
  sha256     BLOB,                          -- made by the server
  argon2id   TEXT,                          -- chosen by a person
  created_at INTEGER NOT NULL,
  expires_at INTEGER,                       -- NULL: does not expire
  tail       TEXT,                          -- the last characters of one made by the server, to know it by
  last_used_at INTEGER,                     -- to a minute, while the server runs
  CHECK ((sha256 IS NULL) <> (argon2id IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX client_secrets_by_client ON client_secrets (client_id);

-- A client that nobody registered by hand: one that registered itself (RFC 7591), with what it manages its
-- registration with (RFC 7592), or one that its client ID metadata document describes.
CREATE TABLE client_registrations (
  client_id    TEXT PRIMARY KEY REFERENCES clients (client_id) ON DELETE CASCADE,
  token_sha256 BLOB UNIQUE,                 -- the registration access token; NULL: there is none any more
  unused_until INTEGER,                     -- then the client goes; NULL: it stays
  site         BLOB                         -- of the stranger who registered it: an IPv4 address or the /48 of an IPv6 one
) STRICT, WITHOUT ROWID;
CREATE INDEX client_registrations_by_end ON client_registrations (unused_until) WHERE unused_until IS NOT NULL;

CREATE TABLE users (
  sub           TEXT PRIMARY KEY,           -- stable, never given to anybody else: a deleted user leaves it here
  username      TEXT NOT NULL,
  username_key  TEXT,                       -- the one form in which names are compared; NULL once deleted
  email         TEXT,
  email_key     TEXT,
  email_verified INTEGER NOT NULL DEFAULT 0 CHECK (email_verified IN (0, 1)),
  given_name    TEXT,
  family_name   TEXT,
  locale        TEXT,
  zoneinfo      TEXT,
  picture       TEXT,
  claims        TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(claims)),  -- the other claims of OIDC Core §5.1
  password_hash TEXT,                       -- Argon2id, PHC string; NULL: no password
  password_declared INTEGER NOT NULL DEFAULT 0 CHECK (password_declared IN (0, 1)),  -- by the file in managed_by
  admin         INTEGER NOT NULL DEFAULT 0 CHECK (admin IN (0, 1)),
  disabled      INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  allow_delegation INTEGER NOT NULL DEFAULT 1 CHECK (allow_delegation IN (0, 1)),
  persona       INTEGER NOT NULL DEFAULT 0 CHECK (persona IN (0, 1)),    -- one-click sign-in, dev mode only
  managed_by    TEXT,
  registered_at_ms INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  deleted_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_username ON users (username_key) WHERE username_key IS NOT NULL;
CREATE UNIQUE INDEX users_by_email ON users (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX users_by_sub ON users (lower(sub));  -- names are one namespace, store/sign_in_names.rs
CREATE INDEX users_managed ON users (managed_by) WHERE managed_by IS NOT NULL;
CREATE INDEX users_by_registration ON users (registered_at_ms) WHERE username_key IS NOT NULL;
CREATE INDEX users_admins ON users (sub) WHERE admin = 1;

-- One-time links on which a person chooses a password: one a user at most.
CREATE TABLE password_links (
  sub        TEXT PRIMARY KEY REFERENCES users (sub) ON DELETE CASCADE,
  sha256     BLOB NOT NULL UNIQUE,
  purpose    TEXT NOT NULL CHECK (purpose IN ('invite', 'reset')),
  made_by    TEXT NOT NULL,                 -- as audit_events.actor
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX password_links_by_expiry ON password_links (expires_at);

CREATE TABLE teams (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  disabled   INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  managed_by TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX teams_by_name ON teams (name COLLATE NOCASE);
CREATE INDEX teams_by_creation ON teams (created_at);

CREATE TABLE team_members (
  sub     TEXT NOT NULL REFERENCES users (sub) ON DELETE CASCADE,
  team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  role    TEXT NOT NULL CHECK (role IN ('member', 'admin')),
  PRIMARY KEY (sub, team_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_by_team ON team_members (team_id);

-- A browser login.
CREATE TABLE sessions (
  id           BLOB PRIMARY KEY,
  secret_hash  BLOB NOT NULL,
  sub          TEXT NOT NULL REFERENCES users (sub) ON DELETE CASCADE,
  auth_time    INTEGER NOT NULL,
  amr          TEXT NOT NULL,               -- space-separated, RFC 8176
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,            -- absolute; the idle limit is a setting
  ended_at     INTEGER,
  address      TEXT,
  user_agent   TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_sub ON sessions (sub, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_alive ON sessions (id) WHERE ended_at IS NULL;

-- OIDC Back-Channel Logout: clients that are still to be told that a browser login has ended.
CREATE TABLE logout_notices (
  id         BLOB PRIMARY KEY,
  client_id  TEXT NOT NULL,
  sub        TEXT NOT NULL,
  session_id BLOB NOT NULL,                 -- the `sid`; its row may be gone
  tries      INTEGER NOT NULL DEFAULT 0,    -- in vain
  due_at     INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX logout_notices_by_due ON logout_notices (due_at);
CREATE INDEX logout_notices_by_client ON logout_notices (client_id, due_at);

-- An administrator at the admin page. Apart from `sessions`: it signs nobody in at a client, and a
-- browser login does not open the admin page.
CREATE TABLE admin_sessions (
  id           BLOB PRIMARY KEY,
  secret_hash  BLOB NOT NULL,
  sub          TEXT NOT NULL REFERENCES users (sub) ON DELETE CASCADE,
  proved_at    INTEGER NOT NULL,            -- when the password was last given
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  address      TEXT,
  user_agent   TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX admin_sessions_by_sub ON admin_sessions (sub);

-- What a user has allowed a client at one resource, remembered.
CREATE TABLE consents (
  sub        TEXT NOT NULL REFERENCES users (sub) ON DELETE CASCADE,
  client_id  TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
  resource   TEXT NOT NULL,                 -- RFC 8707; empty: this server's own endpoints
  scope      TEXT NOT NULL,
  claims     TEXT NOT NULL DEFAULT '',      -- asked for one by one (OIDC Core §5.5), space-separated
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (sub, client_id, resource)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_by_client ON consents (client_id, sub);

-- One user's permission to one client: everything issued under it ends with it.
CREATE TABLE grants (
  id         BLOB PRIMARY KEY,
  client_id  TEXT NOT NULL,
  sub        TEXT NOT NULL,
  scope      TEXT NOT NULL,
  resources  TEXT NOT NULL DEFAULT '',      -- RFC 8707, space-separated; empty: this server's own endpoints
  dpop_jkt   TEXT,                          -- RFC 9449 §5: the key its refresh tokens are bound to
  team_id    TEXT,
  zoneinfo   TEXT,
  nonce      TEXT,
  claims     TEXT CHECK (claims IS NULL OR json_valid(claims)),  -- OIDC Core §5.5, domain/claims_request.rs
  auth_time  INTEGER NOT NULL,
  amr        TEXT NOT NULL DEFAULT '',
  session_id BLOB,
  origin     TEXT NOT NULL,                 -- the flow it was given in: domain/token.rs, Origin
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,              -- nothing under it lives longer
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_by_sub ON grants (sub, client_id);
CREATE INDEX grants_by_client ON grants (client_id, id);
CREATE INDEX grants_by_session ON grants (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX grants_by_expiry ON grants (expires_at);

CREATE TABLE authorization_codes (
  id             BLOB PRIMARY KEY,
  secret_hash    BLOB NOT NULL,
  grant_id       BLOB NOT NULL,
  client_id      TEXT NOT NULL,
  redirect_uri   TEXT,                      -- as the authorization request sent it, NULL if it sent none
  code_challenge TEXT,                      -- S256
  expires_at     INTEGER NOT NULL,
  used_at        INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

-- A device that waits for its user (RFC 8628).
CREATE TABLE device_codes (
  id             BLOB PRIMARY KEY,
  secret_hash    BLOB NOT NULL,
  user_code_hash BLOB NOT NULL UNIQUE,      -- keyed: eight letters are too few for a plain hash
  client_id      TEXT NOT NULL,
  scope          TEXT NOT NULL,
  resources      TEXT NOT NULL DEFAULT '',
  address        TEXT,                      -- where the device asked from
  created_at     INTEGER NOT NULL,
  expires_at     INTEGER NOT NULL,
  poll_interval  INTEGER NOT NULL,          -- in seconds
  polled_at      INTEGER,
  state          TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'denied', 'allowed', 'redeemed')),
  grant_id       BLOB,
  CHECK ((grant_id IS NOT NULL) = (state IN ('allowed', 'redeemed')))
) STRICT, WITHOUT ROWID;
CREATE INDEX device_codes_by_expiry ON device_codes (expires_at);

-- RFC 9126: authorization requests that clients pushed, each to be answered once.
CREATE TABLE pushed_requests (
  id          BLOB PRIMARY KEY,
  secret_hash BLOB NOT NULL,
  client_id   TEXT NOT NULL,
  parameters  TEXT NOT NULL CHECK (json_valid(parameters)),  -- pairs of name and value; nothing secret is in them
  signed      INTEGER NOT NULL CHECK (signed IN (0, 1)),     -- RFC 9101: they came in a request object
  expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX pushed_requests_by_expiry ON pushed_requests (expires_at);

CREATE TABLE access_tokens (
  id         BLOB PRIMARY KEY,              -- the jti
  client_id  TEXT NOT NULL,
  sub        TEXT NOT NULL,
  act        TEXT,                          -- RFC 8693 §4.1, as JSON
  grant_id   BLOB,                          -- NULL: client credentials
  parent_id  BLOB,                          -- the access token whose power this one hands on
  actor_token_id BLOB,                      -- the access token of the party that acts, if another
  session_id BLOB,
  team_id    TEXT,
  scope      TEXT NOT NULL,
  origin     TEXT NOT NULL,                 -- how it came to be: domain/token.rs, Origin
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);
CREATE INDEX access_tokens_acting_for ON access_tokens (sub, id) WHERE act IS NOT NULL;
CREATE INDEX access_tokens_delegated ON access_tokens (id) WHERE act IS NOT NULL;
-- Each actor of a chain, as deep as one goes: who acts now, who acts through them, and so on.
CREATE INDEX access_tokens_by_actor ON access_tokens (act ->> '$.sub', id) WHERE act IS NOT NULL;
CREATE INDEX access_tokens_by_actor_2 ON access_tokens (act ->> '$.act.sub', id)
  WHERE act ->> '$.act.sub' IS NOT NULL;
CREATE INDEX access_tokens_by_actor_3 ON access_tokens (act ->> '$.act.act.sub', id)
  WHERE act ->> '$.act.act.sub' IS NOT NULL;
CREATE INDEX access_tokens_by_actor_4 ON access_tokens (act ->> '$.act.act.act.sub', id)
  WHERE act ->> '$.act.act.act.sub' IS NOT NULL;
CREATE INDEX access_tokens_by_actor_5 ON access_tokens (act ->> '$.act.act.act.act.sub', id)
  WHERE act ->> '$.act.act.act.act.sub' IS NOT NULL;
CREATE INDEX access_tokens_by_actor_6 ON access_tokens (act ->> '$.act.act.act.act.act.sub', id)
  WHERE act ->> '$.act.act.act.act.act.sub' IS NOT NULL;
CREATE INDEX access_tokens_by_actor_7 ON access_tokens (act ->> '$.act.act.act.act.act.act.sub', id)
  WHERE act ->> '$.act.act.act.act.act.act.sub' IS NOT NULL;
CREATE INDEX access_tokens_by_actor_8 ON access_tokens (act ->> '$.act.act.act.act.act.act.act.sub', id)
  WHERE act ->> '$.act.act.act.act.act.act.act.sub' IS NOT NULL;
CREATE INDEX access_tokens_by_client ON access_tokens (client_id, id);
CREATE INDEX access_tokens_by_user ON access_tokens (sub, id) WHERE sub <> client_id;
CREATE INDEX access_tokens_by_team ON access_tokens (team_id, id) WHERE team_id IS NOT NULL;
CREATE INDEX access_tokens_by_grant ON access_tokens (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX access_tokens_by_parent ON access_tokens (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX access_tokens_by_actor_token ON access_tokens (actor_token_id) WHERE actor_token_id IS NOT NULL;
CREATE INDEX access_tokens_vouched_for ON access_tokens (client_id) WHERE origin = 'jwt_bearer';

CREATE TABLE refresh_tokens (
  id           BLOB PRIMARY KEY,
  secret_hash  BLOB NOT NULL,
  grant_id     BLOB NOT NULL,
  client_id    TEXT NOT NULL,
  issued_at    INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  used_at      INTEGER,
  successor_id BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

-- The jti of every assertion that was used (RFC 7523 §3), until some time after it has expired: a
-- clock may be set back. A random key, but a small table: these tokens live for minutes.
CREATE TABLE used_jtis (
  digest     BLOB PRIMARY KEY,              -- SHA-256 of the kind of token, its issuer and its jti
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_jtis_by_expiry ON used_jtis (expires_at);

-- Access tokens are verified by signature and expiry, then against these rows, which the server holds
-- in memory. A row kills every access token of its subject whose id is not above `up_to`.
CREATE TABLE revocations (
  kind       TEXT NOT NULL CHECK (kind IN ('token', 'grant', 'session', 'user', 'client', 'resource', 'all')),
  key        TEXT NOT NULL,
  up_to      BLOB NOT NULL,
  revoked_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,              -- no access token that it kills lives longer
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX revocations_by_expiry ON revocations (expires_at);

-- What administrators deleted in the last 30 days, so that it can be undone; secrets and passwords as the
-- hashes they were. Nothing of it counts for anything until it is restored.
CREATE TABLE deleted_objects (
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL,                 -- the client_id, the sub, the id, the scope, the uri, the issuer
  object     TEXT NOT NULL CHECK (json_valid(object)),
  deleted_at INTEGER NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- Networks from which people have signed in: wrong guesses by others do not lock them out there.
CREATE TABLE home_networks (
  sub        TEXT NOT NULL REFERENCES users (sub) ON DELETE CASCADE,
  network    BLOB NOT NULL,                 -- an IPv4 address, or the /64 of an IPv6 address
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (sub, network)
) STRICT, WITHOUT ROWID;
CREATE INDEX home_networks_by_expiry ON home_networks (expires_at);

-- What the server has counted: in five minutes, in an hour, and ever (step 0).
CREATE TABLE counters (
  step   INTEGER NOT NULL CHECK (step IN (0, 300, 3600)),  -- the length of a bucket, in seconds
  bucket INTEGER NOT NULL,                  -- its beginning, a multiple of the step
  name   TEXT NOT NULL,
  labels TEXT NOT NULL,                     -- as OpenMetrics has them: grant="client_credentials"
  count  INTEGER NOT NULL,
  PRIMARY KEY (step, bucket, name, labels)
) STRICT, WITHOUT ROWID;

CREATE TABLE setup_tokens (
  sha256     BLOB PRIMARY KEY,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_events (
  id        BLOB PRIMARY KEY,
  at        INTEGER NOT NULL,
  event     TEXT NOT NULL,                  -- domain/audit.rs
  outcome   TEXT NOT NULL CHECK (outcome IN ('ok', 'failed')),
  actor     TEXT,                           -- who did it: a sub, a client_id, or 'cli'
  subject   TEXT,                           -- to or for whom
  client_id TEXT,
  address   TEXT,
  reason    TEXT,                           -- why it failed
  detail    TEXT CHECK (detail IS NULL OR json_valid(detail))
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_events_by_name ON audit_events (event, id);
CREATE INDEX audit_events_by_actor ON audit_events (actor, id) WHERE actor IS NOT NULL;
CREATE INDEX audit_events_by_subject ON audit_events (subject, id) WHERE subject IS NOT NULL;
CREATE INDEX audit_events_by_client ON audit_events (client_id, id) WHERE client_id IS NOT NULL;
CREATE INDEX audit_events_failed ON audit_events (id) WHERE outcome = 'failed';
-- Of strangers: the latest ones are kept.
CREATE INDEX audit_events_unproven ON audit_events (id) WHERE actor IS NULL;
