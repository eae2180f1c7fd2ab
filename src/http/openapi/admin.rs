//! The admin API in the description: one entry for each route and method, one line for each schema (in
//! the notation of [`shape`](super::shape)). Whoever adds a route adds an entry here;
//! `tests/it/admin_api/described.rs` fails until it is there, and compares the answers with their schemas.

use serde_json::{Map, Value, json};

use super::{
    notes,
    shape::{PREFIX, schema},
};
use crate::{
    app::App,
    http::{admin_api::BASE, cookies},
};

/// One method of one route.
pub struct Operation {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    /// Names of the query's parameters, each with its kind if it is no text: `limit:int`.
    query: &'static str,
    /// What a list can be sorted by; those that every list has come after it.
    sorted: Option<&'static str>,
    /// The body's schema, or a media type.
    takes: Option<&'static str>,
    status: u16,
    /// The answer's schema, or a media type; `None` if there is no body.
    gives: Option<&'static str>,
    /// A change that names the state it changes.
    if_match: bool,
    /// The password must have been given not long ago: if this, where it is not always so.
    fresh: Option<&'static str>,
    /// Nobody need be signed in.
    public: bool,
}

const fn op(method: &'static str, path: &'static str, summary: &'static str) -> Operation {
    Operation {
        method,
        path,
        summary,
        query: "",
        sorted: None,
        takes: None,
        status: 204,
        gives: None,
        if_match: false,
        fresh: None,
        public: false,
    }
}

impl Operation {
    const fn query(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    const fn sorted(self, orders: &'static str) -> Self {
        Self {
            sorted: Some(orders),
            ..self
        }
    }

    const fn takes(self, body: &'static str) -> Self {
        Self {
            takes: Some(body),
            ..self
        }
    }

    const fn gives(self, answer: &'static str) -> Self {
        self.answers(200, answer)
    }

    const fn makes(self, answer: &'static str) -> Self {
        self.answers(201, answer)
    }

    const fn answers(self, status: u16, answer: &'static str) -> Self {
        Self {
            status,
            gives: Some(answer),
            ..self
        }
    }

    const fn if_match(self) -> Self {
        Self {
            if_match: true,
            ..self
        }
    }

    const fn fresh(self) -> Self {
        self.fresh_if("")
    }

    const fn fresh_if(self, condition: &'static str) -> Self {
        Self {
            fresh: Some(condition),
            ..self
        }
    }

    const fn public(self) -> Self {
        Self {
            public: true,
            ..self
        }
    }
}

/// What every list may be asked for, besides its order.
const LIST: &str = "cursor limit:int";

/// What lets somebody in, or do more than before.
const POWER: &str = " if the client has the scope `keyfob:admin` or `keyfob:delegate`, `may_act`, or no consent page";
const NEW_CLIENT: &str = " if `client_secret` is given, the client gets the scope `keyfob:admin` or `keyfob:delegate`, `may_act`, or no consent page, or a client of this id was deleted";
const PROOF: &str = " if `client_secret` is given, the client has, or gets, the scope `keyfob:admin` or `keyfob:delegate`, or a member changes that says how the client proves itself, where its answers go, or who acts for its users";
const API_CLIENT: &str = " if it changes which client the API is";
const WAY_IN: &str =
    " if it sets a password or changes administrator rights, or the username or email of one";

/// In the order of the pages.
#[rustfmt::skip]
pub static OPERATIONS: &[Operation] = &[
    op("get", "/session", "Get the admin session and sign-in options").public().gives("{admin?: SignedIn, has_admin: bool, issuer, server_name?, issuer_matches: bool, dev: bool, version, personas: [{username, name}]}"),
    op("post", "/session", "Sign in to the admin page").public().takes("{username, password~, persona~: bool}").makes("SignedIn"),
    op("put", "/session", "Confirm the password before a sensitive change").takes("{username, password}"),
    op("delete", "/session", "Sign out"),
    op("get", "/overview", "Get the dashboard: numbers, chart and warnings").gives("Overview"),
    op("get", "/clients", "List clients").query("q").sorted("client_id name created changed last_token").gives("page ListedClient"),
    op("post", "/clients", "Create a client; the secret is returned only once").fresh_if(NEW_CLIENT).takes("ClientInput").makes("{client: Client, client_secret?}"),
    op("get", "/clients/{client_id}", "Get a client").gives("Client"),
    op("patch", "/clients/{client_id}", "Update a client").fresh_if(PROOF).if_match().takes("ClientInput").gives("Client"),
    op("delete", "/clients/{client_id}", "Delete a client and revoke its grants and tokens"),
    op("post", "/clients/{client_id}/restore", "Restore a deleted client, within 30 days").fresh_if(POWER).takes("{}").gives("Client"),
    op("post", "/clients/{client_id}/secrets", "Rotate the client secret; the new one is returned only once").fresh().takes("{overlap~: int}").makes("{client: Client, client_secret?}"),
    op("get", "/clients/{client_id}/preview", "Preview the claims the client would get for a user, with reasons; issues nothing").query("sub scope resource claims team_id").gives("ClaimsPreview"),
    op("get", "/clients/{client_id}/use", "Get a client's last use").gives("{last_used_at?: time, active: bool, secrets: [{id, tail?, last_used_at?: time}]}"),
    op("get", "/clients/{client_id}/declaration", "Get the client as configuration file and as command").gives("{toml, command}"),
    op("get", "/clients/{client_id}/consents", "List users' consents for a client").query("q").sorted("sub").gives("page {sub, username?, allowed: [{resource?, scope, claims: [string], updated_at: time}]}"),
    op("delete", "/clients/{client_id}/consents/{sub}", "Revoke a user's consent for a client, with its grants and tokens"),
    op("post", "/clients/{client_id}/revoke", "Revoke all grants and tokens of a client"),
    op("get", "/users", "List users").query("q").sorted("username created").gives("page User"),
    op("post", "/users", "Create a user").fresh_if(WAY_IN).takes("UserInput").makes("User"),
    op("post", "/users/import", "Import users from CSV: all, or none if a row is invalid. With dry_run, only check").fresh_if(" unless it is a dry run").takes("{csv, dry_run~: bool, links~: bool}").gives("{users: [ImportedUser], wrong: [{line: int, column?, reason}]}"),
    op("get", "/users/{sub}", "Get a user").gives("User"),
    op("patch", "/users/{sub}", "Update a user").fresh_if(WAY_IN).if_match().takes("UserInput").gives("User"),
    op("delete", "/users/{sub}", "Delete a user and revoke everything of theirs").fresh(),
    op("post", "/users/{sub}/restore", "Restore a deleted user, within 30 days").fresh().takes("{}").gives("User"),
    op("post", "/users/{sub}/link", "Create a one-time password link (invitation or reset); returned only once, replaces any earlier link").fresh().takes("{}").makes("{url, purpose: invite|reset, expires_at: time}"),
    op("delete", "/users/{sub}/link", "Revoke the password link"),
    op("post", "/users/{sub}/sign-out", "Revoke all sessions, grants and tokens of a user").takes("{}"),
    op("get", "/teams", "List teams").query("q").sorted("id name created").gives("page Team"),
    op("post", "/teams", "Create a team").takes("{id, name~, disabled~: bool}").makes("Team"),
    op("get", "/teams/{id}", "Get a team").gives("Team"),
    op("patch", "/teams/{id}", "Update a team").if_match().takes("{name~, disabled~: bool}").gives("Team"),
    op("delete", "/teams/{id}", "Delete a team"),
    op("post", "/teams/{id}/restore", "Restore a deleted team, within 30 days").takes("{}").gives("Team"),
    op("get", "/teams/{id}/members", "List the members of a team").query("q").sorted("sub").gives("page {sub, role, username?, name?, managed_by?}"),
    op("post", "/teams/{id}/members", "Add a team member or change their role").takes("{user, role~}"),
    op("delete", "/teams/{id}/members/{sub}", "Remove a team member"),
    op("get", "/scopes", "List scopes").query("q").sorted("name").gives("page Scope"),
    op("post", "/scopes", "Create a scope").takes("{name, description~}").makes("Scope"),
    op("get", "/scopes/{name}", "Get a scope").gives("Scope"),
    op("patch", "/scopes/{name}", "Update a scope's description").if_match().takes("{description~}").gives("Scope"),
    op("delete", "/scopes/{name}", "Delete a scope"),
    op("post", "/scopes/{name}/restore", "Restore a deleted scope, within 30 days").takes("{}").gives("Scope"),
    op("get", "/resources", "List APIs").query("q").sorted("uri name").gives("page Resource"),
    op("post", "/resources", "Create an API").fresh_if(API_CLIENT).takes("{uri, name~, scopes~, client_id~}").makes("Resource"),
    op("get", "/resources/{uri}", "Get an API").gives("Resource"),
    op("patch", "/resources/{uri}", "Update an API").fresh_if(API_CLIENT).if_match().takes("{name~, scopes~, client_id~}").gives("Resource"),
    op("delete", "/resources/{uri}", "Delete an API with its consents and the grants for it alone"),
    op("post", "/resources/{uri}/restore", "Restore a deleted API, within 30 days; revoked grants stay revoked").fresh_if(" if a client is the API").takes("{}").gives("Resource"),
    op("get", "/resources/{uri}/clients", "List the clients allowed to request an API").query("q").sorted("client_id name").gives("page {client_id, client_name, disabled: bool, named: bool}"),
    op("get", "/resources/{uri}/metadata", "Get an API's protected resource metadata (RFC 9728)").gives("any"),
    op("get", "/trusted-issuers", "List trusted issuers (RFC 7523)").query("q").sorted("issuer").gives("page TrustedIssuer"),
    op("post", "/trusted-issuers", "Create a trusted issuer").fresh().takes("TrustedIssuerInput").makes("TrustedIssuer"),
    op("get", "/trusted-issuers/{issuer}", "Get a trusted issuer").gives("TrustedIssuer"),
    op("patch", "/trusted-issuers/{issuer}", "Update a trusted issuer").fresh().if_match().takes("TrustedIssuerInput").gives("TrustedIssuer"),
    op("delete", "/trusted-issuers/{issuer}", "Delete a trusted issuer and revoke tokens issued for its assertions"),
    op("post", "/trusted-issuers/{issuer}/restore", "Restore a deleted trusted issuer, within 30 days; revoked tokens stay revoked").fresh().takes("{}").gives("TrustedIssuer"),
    op("get", "/sessions", "List sessions").query("q user sub").sorted("-created").gives("page Session"),
    op("delete", "/sessions/{id}", "Revoke a session and notify its clients (back-channel logout)"),
    op("get", "/devices", "List pending device requests").query("q").sorted("-created").gives("page Device"),
    op("delete", "/devices/{id}", "Deny a device request; revokes its grant if it was allowed"),
    op("get", "/grants", "List grants").query("q client_id sub kind state:active|inactive").sorted("-created").gives("page Grant"),
    op("delete", "/grants/{id}", "Revoke a grant and its tokens"),
    op("get", "/tokens", "List access tokens").query("q client_id sub actor kind state:active|inactive").sorted("-created").gives("page Token"),
    op("delete", "/tokens/{jti}", "Revoke an access token and everything delegated from it"),
    op("get", "/delegations", "List delegated tokens; actor matches anyone in the chain").query("q client_id sub actor kind state:active|inactive").sorted("-created").gives("page Token"),
    op("post", "/delegations/revoke", "Revoke the delegated tokens of an actor or a subject").takes("{actor~, subject~}").gives("{revoked: int}"),
    op("get", "/delegation/policy", "List clients with delegation rights").gives("{clients: [DelegationRule]}"),
    op("get", "/delegation/policy/{sub}", "List who can act for a user and why").gives("{sub, username, answers: [DelegationAnswer], more: bool}"),
    op("get", "/choices", "The values that filters and fields accept").gives("Choices"),
    op("get", "/events", "List audit events").query("event outcome:ok|refused actor subject client_id since:int until:int").sorted("-created").gives("page Event"),
    op("get", "/events/export", "Export audit events").query("format:jsonl|json|csv sort:-created|created event outcome:ok|refused actor subject client_id since:int until:int").gives("application/jsonl"),
    op("get", "/events/stream", "Stream new audit events (server-sent events)").query("event outcome:ok|refused actor subject client_id since:int until:int").gives("text/event-stream"),
    op("get", "/traces", "List traces").query("outcome:ok|refused|open client_id q").sorted("-created").gives("page Trace & {recorded: off|errors|all, at_most: int}"),
    op("get", "/traces/{id}", "Get a trace with its exchanges").gives("Trace & {steps: [TraceStep], left_out: int, quick_fix?: {client_id, member, value}}"),
    op("get", "/traces/{id}/{kind}", "Export a trace as HAR 1.2 or Postman collection").gives("any"),
    op("post", "/trials", "Start a test sign-in, with Keyfob as the client").takes("{client_id, grant: authorization_code|client_credentials|device_code, client_secret~, scope~, resource~, inject~}").makes("Trial"),
    op("get", "/trials/{id}", "Get a test sign-in").gives("Trial"),
    op("post", "/trials/{id}/{step}", "Continue a test sign-in").takes("{}").gives("Trial"),
    op("post", "/tokens/inspect", "Decode a token and check whether it is valid").takes("{token}").gives("{token: any, checks: [Check]}"),
    op("post", "/tokens/revoke", "Revoke a token and everything issued from it").takes("{token}"),
    op("get", "/keys", "List signing keys").query("q").sorted("alg created").gives("page Key"),
    op("post", "/keys", "Publish a new signing key").fresh().takes("{alg: ES256|EdDSA|RS256, now~: bool}").makes("Key"),
    op("delete", "/keys/{kid}", "Retire a signing key; tokens signed with it become invalid").fresh(),
    op("get", "/state/export", "Export the database as a configuration file, without secrets").gives("application/toml"),
    op("post", "/state/plan", "Plan a configuration import; changes nothing").takes("{text, digest~}").gives("{steps: [Step], digest, left_out: [string]}"),
    op("post", "/state/apply", "Import a configuration file, if it still matches its plan").fresh().takes("{text, digest}").gives("{steps: [Step]}"),
    op("get", "/settings", "List settings with their source").gives("Settings"),
    op("patch", "/settings", "Update settings; null resets to the default. Applies immediately").fresh().if_match().takes("any").gives("Settings"),
    op("get", "/settings/accent/{color}", "Preview an accent color in light and dark").gives("{light: Shades, dark: Shades}"),
    op("get", "/backup", "List backups").gives("{database_bytes: int, folder?, every: int, keep: int, items: [{name, bytes: int, made_at: time}], uploaded?: BackupContents, upload_error?, last: {restore_failed?, backup_failed?}}"),
    op("get", "/backup/download", "Download a backup of the database").fresh().gives("application/vnd.sqlite3"),
    op("get", "/backup/files/{name}", "Download a scheduled backup").fresh().gives("application/vnd.sqlite3"),
    op("post", "/backup/upload", "Upload a backup and check it; nothing else changes").fresh().takes("application/vnd.sqlite3").makes("BackupContents"),
    op("delete", "/backup/upload", "Discard the uploaded backup"),
    op("post", "/backup/restore", "Restore a backup (restarts the server)").fresh().takes("{name~, sign_out_all~: bool}").answers(202, "{restoring: BackupContents}"),
];

/// By name; in the description each has `Admin` before it.
#[rustfmt::skip]
static SCHEMAS: &[(&str, &str)] = &[
    ("SignedIn", "{sub, username, name, fresh: bool, persona: bool, expires_at: int}"),
    ("Overview", "{clients: {count: int, public: int, first?}, users: Counted, sessions: Counted, issued: int, refused: int, ever_issued: bool, chart: [{at: int, issued: int, refused: int}], failures: [Event], warnings: [{setting, text}]}"),
    ("Counted", "{count: int, or_more: bool}"),
    ("Client", "#ClientMetadata & {client_id, disabled: bool, managed_by?, secrets: [{id, chosen: bool, created_at: time, expires_at?: time}], created_at: time, updated_at: time}"),
    ("ClaimsPreview", "{client_id, sub, username?, scope, left_out: [ClaimMissing], refresh_token: bool, id_token: ClaimsOf, access_token: ClaimsOf, userinfo: ClaimsOf}"),
    ("ClaimsOf", "{issued: bool, note?, claims: [{name, value: any, differs: bool, rule: scope|claims_parameter|registration|resource|team|user|protocol, reason}], missing: [ClaimMissing]}"),
    ("ClaimMissing", "{name, rule: scope|claims_parameter|registration|resource|team|user|protocol, reason}"),
    ("ListedClient", "Client & {last_token_at?: time}"),
    ("ClientInput", "#ClientMetadata & {client_id~, client_secret~, disabled~: bool}"),
    ("User", "{sub, username, email?, email_verified: bool, given_name?, family_name?, locale?, zoneinfo?, picture?, claims: any, has_password: bool, admin: bool, disabled: bool, allow_delegation: bool, persona: bool, teams: [Membership], managed_by?, registered_at: time, password_link?: {purpose: invite|reset, expires_at: time}}"),
    ("UserInput", "{sub~, username~, password~, password_hash~, email?~, email_verified~: bool, given_name?~, family_name?~, locale?~, zoneinfo?~, picture?~, claims~: any, admin~: bool, disabled~: bool, allow_delegation~: bool, persona~: bool, teams~: [Membership]}"),
    ("ImportedUser", "{line: int, username, email?, given_name?, family_name?, teams: [Membership], sub?, link?: {url, purpose: invite|reset, expires_at: time}}"),
    ("Membership", "{id, role~}"),
    ("Team", "{id, name, disabled: bool, managed_by?, created_at: time}"),
    ("Scope", "{name, description, built_in: bool, managed_by?}"),
    ("Resource", "{uri, name, scopes, client_id?, managed_by?}"),
    ("TrustedIssuer", "{issuer, jwks~: any, jwks_uri~, audience~, subject_claim, matches: sub|username|email, clients: [string], scope, managed_by~}"),
    ("TrustedIssuerInput", "{issuer~, jwks~: any, jwks_uri~, audience~, subject_claim~, matches~: sub|username|email, clients~: [string], scope~}"),
    ("Session", "{id, sub, username?, amr: [string], auth_time: time, created_at: time, last_used_at: time, expires_at: time, ended_at?: time, address?, user_agent?}"),
    ("Device", "{id, client_id, client_name?, scope, resources: [string], address?, state: waiting|allowed, username?, sub?, created_at: time, expires_at: time, polled_at?: time}"),
    ("Choices", "{event_kinds: [string], event_names: [string], event_outcomes: [string], trace_outcomes: [string], grant_kinds: [string], token_kinds: [string], delegated_token_kinds: [string], states: [string], team_roles: [string], grant_types: [string], token_endpoint_auth_methods: [string], signing_algorithms: [string], faults: [string]}"),
    ("Event", "{id, at: time, event, outcome: ok|refused, actor?, actor_name?, subject?, subject_name?, client_id?, client_name?, address?, reason?, detail?: any}"),
    ("Grant", "{id, client_id, sub, username?, scope, resources: [string], team_id?, origin, state: active|revoked|expired, created_at: time, expires_at: time, revoked_at?: time, refreshed_at?: time, refresh_until?: time}"),
    ("Token", "{jti, client_id, sub, username?, scope, team_id?, chain: [string], origin, state: active|revoked|expired, grant_id?, parent_jti?, actor_jti?, issued_at: time, expires_at: time}"),
    ("DelegationRule", "{client_id, client_name?, disabled: bool, managed_by?, by_itself: bool, through_it: bool, delegation_teams?: [string], may_act?, scope, may_go_back: bool}"),
    ("DelegationAnswer", "{actor, kind: client|user, name, team_id?, allowed: bool, reason}"),
    ("Step", "{action: create|update|disable|delete, kind, name, line~: int, members~: [{member, before?: any, after?: any}], note~}"),
    ("Trace", "{id, started_at: time, client_id?, client_name?, username?, title, outcome: ok|refused|open, error?, reason?, fix?, summary, exchanges: int, milliseconds: int}"),
    ("TraceStep", "{at: time, milliseconds: number, method, path, encoding: query|form|json, sent: [Sent], authorization?: Sent, origin?, status: int, to?, says?, times: int, checks: [{name, passed: bool}], refused?: Refused, curl}"),
    ("Sent", "{name, value?, length: int, mark?: any}"),
    ("Refused", "{error, description, reason?, check?, sent?, expected: [string], standard?, link?, fix?}"),
    ("Check", "{name, passed: bool, detail}"),
    ("Trial", "{id, client_id, stage: waiting|done|refused, authorize?, user_code?, verification_uri?, done: [{title, refused?: Refused, trace_id?}], tokens: [{name, token: any, checks: [Check]}], next: [string]}"),
    ("Key", "{kid, alg, state: next|active|retiring|expired, created_at: time, activates_at: time, expires_at?: time}"),
    ("Settings", "{items: [Setting], dev: bool, version, database, logo?}"),
    ("Setting", "{key, group, help, kind: text|switch|list|choice|color|picture, options: [string], value?: any, default?: any, origin, on_page: bool, editable: bool, at_once: bool, next?: any, pending: bool}"),
    ("Shades", "{accent, ink, hover, edge, link, info, card}"),
    ("BackupContents", "{bytes: int, users: int, clients: int, teams: int, issuer?, latest_event_at?: int}"),
    ("Problem", "{title, status: int, code, detail, field~}"),
];

/// Adds the admin API to the description.
pub fn describe(app: &App, document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    for (name, text) in SCHEMAS {
        schemas[format!("{PREFIX}{name}")] = schema(text);
    }
    document["components"]["responses"]["AdminProblem"] = json!({
        "description": "Problem details (RFC 9457). `code` is for programs; `field` names the invalid request member.",
        "content": { "application/problem+json": { "schema": schema("Problem") } },
    });
    document["components"]["securitySchemes"]["AdminSession"] = json!({
        "type": "apiKey",
        "in": "cookie",
        "name": cookies::own_name(app, cookies::ADMIN),
        "description": "Session cookie of the admin page. Its name starts with `__Host-` over https and ends with the port otherwise. Changes must come from the same origin.",
    });
    for operation in OPERATIONS {
        document["paths"][format!("{BASE}{}", operation.path)][operation.method] =
            operation.described();
    }
}

impl Operation {
    fn described(&self) -> Value {
        let page = self.path.split('/').nth(1).unwrap_or_default();
        let mut described = json!({
            "tags": [format!("admin: {page}")],
            "summary": self.summary,
            "operationId": self.id(),
            "security": self.security(),
            "responses": {
                self.status.to_string(): self.answer(),
                "default": { "$ref": "#/components/responses/AdminProblem" },
            },
        });
        if let Some(note) = notes::of(self.method, self.fresh) {
            described["description"] = note.into();
        }
        let parameters = self.parameters();
        if !parameters.is_empty() {
            described["parameters"] = parameters.into();
        }
        if let Some(body) = self.takes {
            described["requestBody"] = json!({ "required": true, "content": content(body) });
        }
        described
    }

    /// `admin_get_clients_client_id`
    fn id(&self) -> String {
        let words = self.path.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        format!("admin_{}_{}", self.method, words.join("_"))
    }

    fn security(&self) -> Value {
        match self.public {
            true => json!([]),
            false => json!([{ "AdminSession": [] }, { "HTTPBearer": ["keyfob:admin"] }]),
        }
    }

    fn parameters(&self) -> Vec<Value> {
        let in_path = self.path.split('{').skip(1).filter_map(|rest| {
            let name = rest.split('}').next()?;
            Some(json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        });
        let of_list = self.sorted.map_or("", |_| LIST);
        let parameters = self.query.split_whitespace();
        let in_query = parameters
            .chain(of_list.split_whitespace())
            .map(|parameter| {
                let (name, kind) = parameter.split_once(':').unwrap_or((parameter, "string"));
                json!({ "name": name, "in": "query", "schema": schema(kind) })
            });
        let tag = self.if_match.then(|| {
            json!({ "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" },
                    "description": "ETag of the version you read. 428 if missing, 412 if it has changed since." })
        });
        in_path
            .chain(in_query)
            .chain(self.list())
            .chain(tag)
            .collect()
    }

    /// Of a list: its orders, each also from the end, of which the first is meant when nothing is said; and that
    /// all of it can be had as a file.
    fn list(&self) -> Vec<Value> {
        let Some(orders) = self.sorted else {
            return Vec::new();
        };
        let orders = orders.split(' ');
        let both = orders.flat_map(|order| match order.strip_prefix('-') {
            Some(name) => [order.to_owned(), name.to_owned()],
            None => [order.to_owned(), format!("-{order}")],
        });
        let both: Vec<_> = both.collect();
        let default = both.first().cloned();
        vec![
            json!({ "name": "sort", "in": "query", "schema": { "type": "string", "enum": both, "default": default } }),
            json!({ "name": "format", "in": "query", "schema": { "type": "string", "enum": ["json"] },
                    "description": "`json`: the whole filtered list as one JSON array instead of a page." }),
        ]
    }

    fn answer(&self) -> Value {
        let mut answer = Map::new();
        let description = match self.status {
            201 => "Created.",
            202 => "Accepted.",
            204 => "Done.",
            _ => "Success.",
        };
        answer.insert("description".into(), json!(description));
        if let Some(body) = self.gives {
            answer.insert("content".into(), content(body));
        }
        answer.into()
    }
}

/// A body: a media type, or JSON of a schema.
fn content(body: &str) -> Value {
    match body.contains('/') {
        true => json!({ body: {} }),
        false => json!({ "application/json": { "schema": schema(body) } }),
    }
}
