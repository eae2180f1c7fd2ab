//! Overview of the server: totals, activity and failures.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    admin::audit::{self, EventView, Filter},
    app::{App, untrusted_proxy::advice},
    config::{Config, Live, Registration},
    directory::FIRST_PARTY,
    domain::{
        audit::Outcome,
        client::Client,
        counted::{REQUESTS_FAILED, Series, TOKENS_ISSUED},
        time::{Lifetime, UnixSeconds},
    },
    store::{StoreError, Tx, counters, sessions, users},
};

/// One bar of the chart.
const BAR: Lifetime = Lifetime::minutes(30);
/// Number of bars of a chart, which covers a day. The last one is incomplete.
const BARS: i64 = 48;
/// Period in which failures are searched.
const FAILURES_SINCE: Lifetime = Lifetime::days(1);
/// Number of failures shown.
const FAILURES: u32 = 6;
/// Limit up to which users and sessions are counted; the exact number above it is not useful.
const COUNTED: u32 = 10_000;

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminOverview")]
pub struct Overview {
    pub clients: Clients,
    pub users: Counted,
    /// Active sessions.
    pub sessions: Counted,
    /// Access tokens issued in the period of the chart.
    pub issued: u64,
    pub failed: u64,
    /// Whether a token was ever issued to a client.
    pub ever_issued: bool,
    /// Oldest first.
    pub chart: Vec<Bar>,
    /// Latest failures, newest first.
    pub failures: Vec<EventView>,
    pub warnings: Vec<Warning>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminClientCount")]
pub struct Clients {
    pub count: usize,
    pub public: usize,
    /// Example of one of them.
    pub first: Option<String>,
}

/// A number, or the number at which counting stopped.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminCounted")]
pub struct Counted {
    pub count: u32,
    pub or_more: bool,
}

/// `at` is the start, in Unix seconds.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminBar")]
pub struct Bar {
    pub at: UnixSeconds,
    pub issued: u64,
    pub failed: u64,
}

/// Allowed configuration that is rarely intended.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AdminWarning")]
pub struct Warning {
    /// Setting that it is about.
    pub setting: &'static str,
    pub text: Cow<'static, str>,
}

impl Counted {
    fn of(count: u32) -> Self {
        Self {
            count: count.min(COUNTED),
            or_more: count > COUNTED,
        }
    }
}

/// `unwritten` is what was counted and is not in the database yet.
pub fn read(app: &App, tx: &Tx, unwritten: &BTreeMap<Series, u64>) -> Result<Overview, StoreError> {
    let chart = chart(tx, unwritten)?;
    let filter = Filter {
        outcome: Some(Outcome::Failed),
        since: Some(tx.now - FAILURES_SINCE),
        ..Filter::default()
    };
    let totals = app.counters.totals();
    Ok(Overview {
        clients: clients(app),
        users: Counted::of(users::count(tx, COUNTED + 1)?),
        sessions: Counted::of(sessions::count_alive(
            tx,
            app.live().session_idle_lifetime,
            COUNTED + 1,
        )?),
        issued: chart.iter().map(|bar| bar.issued).sum(),
        failed: chart.iter().map(|bar| bar.failed).sum(),
        ever_issued: totals.keys().any(|series| series.name == TOKENS_ISSUED),
        chart,
        failures: audit::list(tx, &filter, None, FAILURES)?,
        warnings: current_warnings(app),
    })
}

fn clients(app: &App) -> Clients {
    let snapshot = app.directory.snapshot();
    let registered: Vec<&Arc<Client>> = snapshot
        .clients()
        .filter(|client| client.client_id.as_str() != FIRST_PARTY)
        .collect();
    let public = registered.iter().filter(|client| client.is_public());
    let first = registered.iter().min_by_key(|client| client.created_at);
    Clients {
        count: registered.len(),
        public: public.count(),
        first: first.map(|client| client.client_id.to_string()),
    }
}

fn chart(tx: &Tx, unwritten: &BTreeMap<Series, u64>) -> Result<Vec<Bar>, StoreError> {
    let last = counters::bucket(tx.now, BAR);
    let length = i64::from(BAR.0);
    let first = UnixSeconds(last.0 - (BARS - 1) * length);
    let read = |name: &str| {
        let mut bars = BTreeMap::<_, u64>::new();
        for (at, count) in counters::sums(tx, name, counters::FIVE_MINUTES, first)? {
            *bars.entry(counters::bucket(at, BAR)).or_default() += count;
        }
        let new = unwritten.iter().filter(|(series, _)| series.name == name);
        *bars.entry(last).or_default() += new.map(|(_, count)| count).sum::<u64>();
        Ok::<_, StoreError>(bars)
    };
    let (issued, refused) = (read(TOKENS_ISSUED)?, read(REQUESTS_FAILED)?);
    let bar = |at: i64| {
        let at = UnixSeconds(first.0 + at * length);
        let of = |bars: &BTreeMap<UnixSeconds, u64>| bars.get(&at).copied().unwrap_or_default();
        Bar {
            at,
            issued: of(&issued),
            failed: of(&refused),
        }
    };
    Ok((0..BARS).map(bar).collect())
}

/// Warnings of the running server: those of its configuration, and what requests have shown.
fn current_warnings(app: &App) -> Vec<Warning> {
    let mut all = warnings(&app.config, &app.live());
    if let Some(peer) = app.untrusted_proxy.seen(app.now()) {
        all.retain(|warning| warning.setting != "trusted_proxies");
        all.push(Warning {
            setting: "trusted_proxies",
            text: advice(peer).into(),
        });
    }
    all
}

/// Warnings about the configuration.
pub fn warnings(config: &Config, live: &Live) -> Vec<Warning> {
    let checks = [
        (
            config.insecure_http && !config.is_https() && !config.listens_on_loopback(),
            "insecure_http",
            "Passwords and tokens are sent unencrypted. Serve an https issuer before real users sign in.",
        ),
        (
            config.is_https() && config.tls().is_none() && config.trusted_proxies.is_empty(),
            "trusted_proxies",
            "The issuer is https but this server serves http, so it is behind a proxy. Add the proxy to \
             trusted_proxies. Until then, the log and rate limits see the proxy's address for every user.",
        ),
        (
            live.registration == Registration::Open && !config.listens_on_loopback(),
            "registration",
            "Anyone who can reach this server can register a client. Set registration to token or off.",
        ),
        (
            live.backup_folder
                .as_ref()
                .is_some_and(|folder| folder.exists() && !folder.is_dir()),
            "backup_folder",
            "No backups are created because this is a file. Name a folder.",
        ),
    ];
    let found = checks.into_iter().filter(|(is_so, _, _)| *is_so);
    found
        .map(|(_, setting, text)| Warning {
            setting,
            text: text.into(),
        })
        .collect()
}
