//! The admin API in the description: one entry for each route and method, one line for each schema (in
//! the notation of [`shape`](super::shape)). Whoever adds a route adds an entry here;
//! `tests/it/admin_api/described.rs` fails until it is there, and compares the answers with their schemas.

use serde_json::{Map, Value, json};

use super::shape::{PREFIX, schema};
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
    " if it gives a password, or changes who is an administrator, or the username or email of one";

/// In the order of the pages.
#[rustfmt::skip]
pub static OPERATIONS: &[Operation] = &[
    op("get", "/session", "Who is signed in, and what the sign-in page needs").public().gives("{admin?: SignedIn, has_admin: bool, issuer, server_name?, issuer_matches: bool, dev: bool, version, personas: [{username, name}]}"),
    op("post", "/session", "Sign in to the admin page").public().takes("{username, password~, persona~: bool}").makes("SignedIn"),
    op("put", "/session", "Give the password again, before a dangerous act").takes("{username, password}"),
    op("delete", "/session", "Sign out"),
    op("get", "/overview", "The first page: counts, a chart, what needs a look").gives("Overview"),
    op("get", "/clients", "Clients").query("q").sorted("client_id name created changed last_token").gives("page ListedClient"),
    op("post", "/clients", "Register a client; its secret is shown this one time").fresh_if(NEW_CLIENT).takes("ClientInput").makes("{client: Client, client_secret?}"),
    op("get", "/clients/{client_id}", "One client").gives("Client"),
    op("patch", "/clients/{client_id}", "Change a client (RFC 7396)").fresh_if(PROOF).if_match().takes("ClientInput").gives("Client"),
    op("delete", "/clients/{client_id}", "Delete a client and all that was given to it"),
    op("post", "/clients/{client_id}/restore", "Undo the deletion of a client, within 30 days").fresh_if(POWER).takes("{}").gives("Client"),
    op("post", "/clients/{client_id}/secrets", "A new secret, shown this one time").fresh().takes("{overlap~: int}").makes("{client: Client, client_secret?}"),
    op("get", "/clients/{client_id}/preview", "The claims that the client would get for a user, each with its reason; nothing is issued").query("sub scope resource claims team_id").gives("ClaimsPreview"),
    op("get", "/clients/{client_id}/use", "Whether a client is in use, and how lately").gives("{last_used_at?: time, living: bool, secrets: [{id, tail?, last_used_at?: time}]}"),
    op("get", "/clients/{client_id}/declaration", "The client as a state file declares it, and as a command").gives("{toml, command}"),
    op("get", "/clients/{client_id}/consents", "What people have allowed a client").query("q").sorted("sub").gives("page {sub, username?, allowed: [{resource?, scope, claims: [string], updated_at: time}]}"),
    op("delete", "/clients/{client_id}/consents/{sub}", "Take back what somebody has allowed a client, and end all that came of it"),
    op("post", "/clients/{client_id}/revoke", "End all grants and tokens of a client"),
    op("get", "/users", "Users").query("q").sorted("username created").gives("page User"),
    op("post", "/users", "Add a user").fresh_if(WAY_IN).takes("UserInput").makes("User"),
    op("post", "/users/import", "Add the users of a CSV file: all, or none if a row is wrong. With dry_run, a look at it").fresh_if(" unless it is a dry run").takes("{csv, dry_run~: bool, links~: bool}").gives("{users: [ImportedUser], wrong: [{line: int, column?, reason}]}"),
    op("get", "/users/{sub}", "One user").gives("User"),
    op("patch", "/users/{sub}", "Change a user (RFC 7396)").fresh_if(WAY_IN).if_match().takes("UserInput").gives("User"),
    op("delete", "/users/{sub}", "Delete a user and all that is theirs").fresh(),
    op("post", "/users/{sub}/restore", "Undo the deletion of a user, within 30 days").fresh().takes("{}").gives("User"),
    op("post", "/users/{sub}/link", "A one-time link on which the user chooses a password, shown this one time; it replaces any other").fresh().takes("{}").makes("{url, purpose: invite|reset, expires_at: time}"),
    op("delete", "/users/{sub}/link", "Withdraw that link"),
    op("post", "/users/{sub}/sign-out", "End every session, grant and token of a user").takes("{}"),
    op("get", "/teams", "Teams").query("q").sorted("id name created").gives("page Team"),
    op("post", "/teams", "Add a team").takes("{id, name~, disabled~: bool}").makes("Team"),
    op("get", "/teams/{id}", "One team").gives("Team"),
    op("patch", "/teams/{id}", "Change a team").if_match().takes("{name~, disabled~: bool}").gives("Team"),
    op("delete", "/teams/{id}", "Delete a team"),
    op("post", "/teams/{id}/restore", "Undo the deletion of a team, within 30 days").takes("{}").gives("Team"),
    op("get", "/teams/{id}/members", "Who is in a team").query("q").sorted("sub").gives("page {sub, role, username?, name?, managed_by?}"),
    op("post", "/teams/{id}/members", "Add somebody to a team, or change their role").takes("{user, role~}"),
    op("delete", "/teams/{id}/members/{sub}", "Take somebody out of a team"),
    op("get", "/scopes", "Scopes").query("q").sorted("name").gives("page Scope"),
    op("post", "/scopes", "Add a scope").takes("{name, description~}").makes("Scope"),
    op("get", "/scopes/{name}", "One scope").gives("Scope"),
    op("patch", "/scopes/{name}", "Change what a scope is said to mean").if_match().takes("{description}").gives("Scope"),
    op("delete", "/scopes/{name}", "Delete a scope"),
    op("post", "/scopes/{name}/restore", "Undo the deletion of a scope, within 30 days").takes("{}").gives("Scope"),
    op("get", "/resources", "APIs that tokens are for").query("q").sorted("uri name").gives("page Resource"),
    op("post", "/resources", "Register an API").fresh_if(API_CLIENT).takes("{uri, name~, scopes~, client_id~}").makes("Resource"),
    op("get", "/resources/{uri}", "One API").gives("Resource"),
    op("patch", "/resources/{uri}", "Change an API").fresh_if(API_CLIENT).if_match().takes("{name~, scopes~, client_id~}").gives("Resource"),
    op("delete", "/resources/{uri}", "Delete an API, with the grants for it alone and what was consented to there"),
    op("post", "/resources/{uri}/restore", "Undo the deletion of an API, within 30 days; what ended with it stays ended").fresh_if(" if a client is the API").takes("{}").gives("Resource"),
    op("get", "/resources/{uri}/clients", "The clients that may ask for an API").query("q").sorted("client_id name").gives("page {client_id, client_name, disabled: bool, named: bool}"),
    op("get", "/resources/{uri}/metadata", "An API's protected-resource metadata (RFC 9728), for it to serve").gives("any"),
    op("get", "/trusted-issuers", "Who may vouch for users (RFC 7523)").query("q").sorted("issuer").gives("page TrustedIssuer"),
    op("post", "/trusted-issuers", "Trust an issuer").fresh().takes("TrustedIssuerInput").makes("TrustedIssuer"),
    op("get", "/trusted-issuers/{issuer}", "One trusted issuer").gives("TrustedIssuer"),
    op("patch", "/trusted-issuers/{issuer}", "Change a trusted issuer").fresh().if_match().takes("TrustedIssuerInput").gives("TrustedIssuer"),
    op("delete", "/trusted-issuers/{issuer}", "Trust an issuer no more; the tokens got by its assertions end"),
    op("post", "/trusted-issuers/{issuer}/restore", "Undo the deletion of a trusted issuer, within 30 days; what ended with it stays ended").fresh().takes("{}").gives("TrustedIssuer"),
    op("get", "/sessions", "Browser sessions").query("q user sub").sorted("-created").gives("page Session"),
    op("delete", "/sessions/{id}", "End a session; the clients it visited are told"),
    op("get", "/devices", "Devices that wait for their user, or for the tokens that were allowed them").query("q").sorted("-created").gives("page Device"),
    op("delete", "/devices/{id}", "Deny a device what it asks for; if it was allowed, that grant ends"),
    op("get", "/grants", "What users have permitted clients").query("q client_id sub kind state:living|ended").sorted("-created").gives("page Grant"),
    op("delete", "/grants/{id}", "End a grant and everything under it"),
    op("get", "/tokens", "Access tokens").query("q client_id sub actor kind state:living|ended").sorted("-created").gives("page Token"),
    op("delete", "/tokens/{jti}", "End an access token and what hangs on it"),
    op("get", "/delegations", "The tokens in which somebody acts for somebody; actor is anybody in the chain").query("q client_id sub actor kind state:living|ended").sorted("-created").gives("page Token"),
    op("post", "/delegations/revoke", "End the delegated tokens of an actor, or of a subject").takes("{actor~, subject~}").gives("{ended: int}"),
    op("get", "/delegation/policy", "The clients that delegate, and how far").gives("{clients: [DelegationRule]}"),
    op("get", "/delegation/policy/{sub}", "Who could act for a user, by the policy's own code").gives("{sub, username, answers: [DelegationAnswer], more: bool}"),
    op("get", "/choices", "The values that filters and fields accept").gives("Choices"),
    op("get", "/events", "The audit log").query("event outcome:ok|refused actor subject client_id since:int until:int").sorted("-created").gives("page Event"),
    op("get", "/events/export", "The audit log as a file").query("format:jsonl|json|csv sort:-created|created event outcome:ok|refused actor subject client_id since:int until:int").gives("application/jsonl"),
    op("get", "/events/stream", "New events as they happen, one a server-sent event").query("event outcome:ok|refused actor subject client_id since:int until:int").gives("text/event-stream"),
    op("get", "/flows", "The latest sign-ins and refusals").query("outcome:ok|refused|open client_id q").sorted("-created").gives("page Flow & {recorded: off|errors|all, at_most: int}"),
    op("get", "/flows/{id}", "One flow, exchange by exchange").gives("Flow & {steps: [FlowStep], left_out: int, mend?: {client_id, member, value}}"),
    op("get", "/flows/{id}/{kind}", "A flow as a file: har (HAR 1.2) or postman (a collection)").gives("any"),
    op("post", "/tries", "Try a flow, with the server as the client").takes("{client_id, grant: authorization_code|client_credentials|device_code, client_secret~, scope~, resource~, break~}").makes("Try"),
    op("get", "/tries/{id}", "How a trial run stands").gives("Try"),
    op("post", "/tries/{id}/{step}", "The next step of a trial run").takes("{}").gives("Try"),
    op("post", "/tokens/inspect", "What is in a token, and whether it counts now").takes("{token}").gives("{token: any, checks: [Check]}"),
    op("post", "/tokens/revoke", "End a token and all that hangs on it").takes("{token}"),
    op("get", "/keys", "Signing keys").query("q").sorted("alg created").gives("page Key"),
    op("post", "/keys", "Publish a new signing key").fresh().takes("{alg: ES256|EdDSA|RS256, now~: bool}").makes("Key"),
    op("delete", "/keys/{kid}", "Retire a key: no signature by it counts any more").fresh(),
    op("get", "/state/export", "The database as a file that declares it, without any secret").gives("application/toml"),
    op("post", "/state/plan", "What reading such a file in would change; nothing is kept").takes("{text, digest~}").gives("{steps: [Step], digest, left_out: [string]}"),
    op("post", "/state/apply", "Read such a file in, if it does what its plan said").fresh().takes("{text, digest}").gives("{steps: [Step]}"),
    op("get", "/settings", "The settings, who said each, and what the settings page can change").gives("Settings"),
    op("patch", "/settings", "Change settings; null gives the default back. They count at once").fresh().if_match().takes("any").gives("Settings"),
    op("get", "/settings/accent/{color}", "What the pages that people see would make of a colour, in light and in dark").gives("{light: Shades, dark: Shades}"),
    op("get", "/backup", "What backups there are").gives("{database_bytes: int, folder?, every: int, keep: int, items: [{name, bytes: int, made_at: time}], uploaded?: BackupContents, upload_error?, last: {restore_failed?, backup_failed?}}"),
    op("get", "/backup/download", "A copy of the database as of now").fresh().gives("application/vnd.sqlite3"),
    op("get", "/backup/files/{name}", "A backup that the server has made").fresh().gives("application/vnd.sqlite3"),
    op("post", "/backup/upload", "Take a backup in and look through it; nothing else changes").fresh().takes("application/vnd.sqlite3").makes("BackupContents"),
    op("delete", "/backup/upload", "Forget the backup that was taken in"),
    op("post", "/backup/restore", "Begin again with a backup").fresh().takes("{name~, end_sessions~: bool}").answers(202, "{restoring: BackupContents}"),
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
    ("User", "{sub, username, email?, email_verified: bool, given_name?, family_name?, locale?, zoneinfo?, picture?, claims: any, has_password: bool, admin: bool, disabled: bool, may_be_acted_for: bool, persona: bool, teams: [Membership], managed_by?, registered_at: time, password_link?: {purpose: invite|reset, expires_at: time}}"),
    ("UserInput", "{sub~, username~, password~, password_hash~, email?~, email_verified~: bool, given_name?~, family_name?~, locale?~, zoneinfo?~, picture?~, claims~: any, admin~: bool, disabled~: bool, may_be_acted_for~: bool, persona~: bool, teams~: [Membership]}"),
    ("ImportedUser", "{line: int, username, email?, given_name?, family_name?, teams: [Membership], sub?, link?: {url, purpose: invite|reset, expires_at: time}}"),
    ("Membership", "{id, role~}"),
    ("Team", "{id, name, disabled: bool, managed_by?, created_at: time}"),
    ("Scope", "{name, description, built_in: bool, managed_by?}"),
    ("Resource", "{uri, name, scopes, client_id?, managed_by?}"),
    ("TrustedIssuer", "{issuer, jwks~: any, jwks_uri~, audience~, subject_claim, matches: sub|username|email, clients: [string], scope, managed_by~}"),
    ("TrustedIssuerInput", "{issuer~, jwks~: any, jwks_uri~, audience~, subject_claim~, matches~: sub|username|email, clients~: [string], scope~}"),
    ("Session", "{id, sub, username?, amr: [string], auth_time: time, created_at: time, last_used_at: time, expires_at: time, ended_at?: time, address?, user_agent?}"),
    ("Device", "{id, client_id, client_name?, scope, resources: [string], address?, state: waiting|allowed, username?, sub?, created_at: time, expires_at: time, polled_at?: time}"),
    ("Choices", "{event_kinds: [string], event_names: [string], event_outcomes: [string], flow_outcomes: [string], grant_kinds: [string], token_kinds: [string], delegated_token_kinds: [string], states: [string], team_roles: [string], grant_types: [string], token_endpoint_auth_methods: [string], signing_algorithms: [string], breaks: [string]}"),
    ("Event", "{id, at: time, event, outcome: ok|refused, actor?, actor_name?, subject?, subject_name?, client_id?, client_name?, address?, reason?, detail?: any}"),
    ("Grant", "{id, client_id, sub, username?, scope, resources: [string], team_id?, origin, state: living|revoked|expired, created_at: time, expires_at: time, revoked_at?: time, refreshed_at?: time, refresh_until?: time}"),
    ("Token", "{jti, client_id, sub, username?, scope, team_id?, chain: [string], origin, state: living|revoked|expired, grant_id?, parent_jti?, actor_jti?, issued_at: time, expires_at: time}"),
    ("DelegationRule", "{client_id, client_name?, disabled: bool, managed_by?, by_itself: bool, through_it: bool, delegation_teams?: [string], may_act?, scope, may_go_back: bool}"),
    ("DelegationAnswer", "{actor, kind: client|user, name, team_id?, allowed: bool, reason}"),
    ("Step", "{action: create|update|disable|delete, kind, name, line~: int, members~: [{member, before?: any, after?: any}], note~}"),
    ("Flow", "{id, started_at: time, client_id?, client_name?, username?, title, outcome: ok|refused|open, error?, reason?, fix?, summary, exchanges: int, milliseconds: int}"),
    ("FlowStep", "{at: time, milliseconds: number, method, path, encoding: query|form|json, sent: [Sent], authorization?: Sent, origin?, status: int, to?, says?, times: int, checks: [{name, passed: bool}], refused?: Refused, curl}"),
    ("Sent", "{name, value?, length: int, mark?: any}"),
    ("Refused", "{error, description, reason?, check?, sent?, expected: [string], standard?, link?, fix?}"),
    ("Check", "{name, passed: bool, detail}"),
    ("Try", "{id, client_id, stage: waiting|done|refused, authorize?, user_code?, verification_uri?, done: [{title, refused?: Refused, flow_id?}], tokens: [{name, token: any, checks: [Check]}], next: [string]}"),
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
        "description": "Refused, as problem details (RFC 9457): `code` is for programs, `field` names the wrong member of the request.",
        "content": { "application/problem+json": { "schema": schema("Problem") } },
    });
    document["components"]["securitySchemes"]["AdminSession"] = json!({
        "type": "apiKey",
        "in": "cookie",
        "name": cookies::own_name(app, cookies::ADMIN),
        "description": "The session of the admin page. The name begins with `__Host-` over https and ends with the port otherwise. Changes must come from the same origin.",
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
        if let Some(condition) = self.fresh {
            described["description"] = json!(format!(
                "The password must have been given in the last ten minutes{condition}: else 403 `password_required`. A session gives it with `PUT /session`; a user's access token says it in `auth_time`."
            ));
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
                    "description": "The ETag of what is changed, as it was read: else 428, or 412 if somebody changed it since." })
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
                    "description": "The whole list as a file: an array, in this order, of all that is not filtered out." }),
        ]
    }

    fn answer(&self) -> Value {
        let mut answer = Map::new();
        let description = match self.status {
            201 => "Made.",
            202 => "Begun.",
            204 => "Done.",
            _ => "The answer.",
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
