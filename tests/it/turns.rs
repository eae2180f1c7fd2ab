//! Whose turn it is at work that is costly: nobody who proved something waits behind strangers, and nobody has more
//! turns by having more networks or cookies (rules D12, P22).

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Waker},
};

use keyfob::{
    app::hashing::Hashing, concurrency::turns::Turn, domain::client_address::ClientAddress,
    store::StoreError, throttle::Network,
};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    admin_api::Console,
    lock_out::{HOME, client, ready, token},
    support::{
        Server,
        browser::{Browser, PASSWORD},
    },
};

fn network(address: &str) -> Network {
    Network::of(ClientAddress::parse_node(address))
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap()
}

type Line<'a, T> = Vec<Pin<Box<dyn Future<Output = T> + 'a>>>;

/// Everybody takes their place in the line and keeps it; whoever has a turn or is refused has it in the second list.
fn line_up<'a, T, F: Future<Output = T> + 'a>(
    runtime: &Runtime,
    all: impl IntoIterator<Item = F>,
) -> (Line<'a, T>, Vec<T>) {
    let _time = runtime.enter();
    let (mut waiting, mut answered): (Line<'a, T>, Vec<T>) = (Vec::new(), Vec::new());
    for one in all {
        let mut one: Pin<Box<dyn Future<Output = T> + 'a>> = Box::pin(one);
        match one.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(answer) => answered.push(answer),
            std::task::Poll::Pending => waiting.push(one),
        }
    }
    (waiting, answered)
}

fn hashing<'a>(
    server: &'a Server,
    runtime: &Runtime,
    all: Vec<Hashing<'a>>,
) -> (Line<'a, Result<Turn, StoreError>>, Vec<Turn>, usize) {
    let turns = all.into_iter().map(|whose| server.app.hashing.turn(whose));
    let (waiting, answered) = line_up(runtime, turns);
    let refused = answered.iter().filter(|turn| turn.is_err()).count();
    let turns = answered.into_iter().filter_map(Result::ok);
    (waiting, turns.collect(), refused)
}

fn sign_in(browser: &mut Browser, name: &str) -> u16 {
    let csrf = browser.get("/login").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", name),
        ("password", PASSWORD),
    ];
    browser.post("/login", &fields).status
}

#[test]
fn neither_an_account_with_many_cookies_nor_a_site_with_many_networks_holds_up_others() {
    let server = ready();
    server.person("per");
    let mut own = Browser::behind(&server, HOME);
    assert_eq!(sign_in(&mut own, "ola"), 303);
    let cookie = own.cookie_header();
    let runtime = runtime();
    // One account replays its cookies, and one site uses its networks.
    let cookies = (0..=255).map(|i| Hashing::KnownBrowser("kari", [i; 16]));
    let networks = (0..256).map(|i| Hashing::Stranger(network(&format!("2001:db8:1:{i:x}::1"))));
    let (_line, turns, refused) = hashing(&server, &runtime, cookies.collect());
    assert_eq!(turns.len(), 1);
    // More than can be worked off soon are refused at once.
    assert_eq!(refused, 256 - 1 - 100);
    let (_strangers, of_site, refused) = hashing(&server, &runtime, networks.collect());
    assert_eq!(of_site.len(), 1);
    assert_eq!(refused, 256 - 1 - 100);

    let mut own = Browser::behind(&server, "198.51.100.1");
    for cookie in cookie.split("; ") {
        own.carry(cookie);
    }
    assert_eq!(sign_in(&mut own, "ola"), 303, "a known browser elsewhere");
    let mut at_home = Browser::behind(&server, HOME);
    assert_eq!(sign_in(&mut at_home, "ola"), 303, "at home");
    let mut stranger = Browser::behind(&server, "198.51.100.9");
    assert_eq!(sign_in(&mut stranger, "per"), 303, "another site");
    // Those of the line itself are told to come again.
    let mut late = Browser::behind(&server, "2001:db8:1:ffff::1");
    assert_eq!(sign_in(&mut late, "per"), 503);
}

// A guesser behind an address where many are at home took a place for each of them, and locked out everybody's homes.
#[test]
fn many_accounts_at_home_behind_one_address_are_one_party() {
    let server = ready();
    let mut own = Browser::behind(&server, HOME);
    assert_eq!(sign_in(&mut own, "ola"), 303);
    let runtime = runtime();
    let names: Vec<_> = (0..256).map(|i| format!("u-{i}")).collect();
    let office = network("203.0.113.9");
    let homes = names.iter().map(|sub| Hashing::AtHome(sub, office));
    let (_line, turns, refused) = hashing(&server, &runtime, homes.collect());
    assert_eq!((turns.len(), refused), (1, 256 - 1 - 100));
    let mut at_home = Browser::behind(&server, HOME);
    assert_eq!(sign_in(&mut at_home, "ola"), 303);
}

#[test]
fn strangers_never_hold_the_place_of_those_who_proved_something() {
    let server = ready();
    let mut own = Browser::behind(&server, HOME);
    assert_eq!(sign_in(&mut own, "ola"), 303);
    let runtime = runtime();
    let sites = (0..=255).map(|i| Hashing::Stranger(network(&format!("203.0.113.{i}"))));
    let (_line, turns, refused) = hashing(&server, &runtime, sites.collect());
    assert_eq!((turns.len(), refused), (3, 256 - 3 - 100));
    assert_eq!(sign_in(&mut own, "ola"), 303);
    let code = server.link_code("kari");
    let csrf = own.get("/password").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("token", &code),
        ("password", "a new correct horse"),
        ("again", "a new correct horse"),
    ];
    assert_eq!(own.post("/password", &fields).status, 303);
    // All of them have a site of their own and one place in the line: nobody of them goes for a newcomer.
    let mut newcomer = Browser::behind(&server, "198.51.100.9");
    let csrf = newcomer.get("/login").field("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("username", "kari"),
        ("password", PASSWORD),
    ];
    let refused = newcomer.post("/login", &fields);
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("retry-after"), Some("1"));
}

#[test]
fn a_client_with_a_chosen_secret_does_not_wait_behind_the_guesses_of_another_site() {
    let server = ready();
    let secret = client(&server, "service");
    let runtime = runtime();
    let names: Vec<_> = (0..200).map(|i| format!("nobody-{i}")).collect();
    let guesses = names.iter().enumerate().map(|(i, name)| {
        let from = network(&format!("2001:db8:1:{i:x}::1"));
        Hashing::ClientSecret(from, name)
    });
    let (_line, turns, refused) = hashing(&server, &runtime, guesses.collect());
    assert_eq!((turns.len(), refused), (2, 200 - 2 - 100));
    assert_eq!(token(&server, HOME, "service", &secret), 200);
    // As many wait as can be worked off soon.
    assert_eq!(token(&server, "2001:db8:1:ffff::1", "service", "x"), 503);
}

#[test]
fn who_chooses_passwords_waits_for_their_own_turn_and_keeps_nobody_else_waiting() {
    let console = Console::start();
    let server = &console.server;
    server.person("ola");
    let held = runtime().block_on(server.app.hashing.turn(Hashing::Choosing("root")));
    let held = held.unwrap();
    // What hashes no password needs no turn, and a key none of these.
    let plan = |text: &str| console.post("/state/plan", &json!({ "text": text })).status;
    assert_eq!(plan("[[user]]\nusername = \"nina\""), 200);
    assert_eq!(console.post("/keys", &json!({"alg": "ES256"})).status, 201);
    let with_password = "[[user]]\nusername = \"nina\"\npassword = \"a good phrase\"";
    assert_eq!(plan(with_password), 503);
    // Another person is another party.
    let mut browser = Browser::new(server);
    let csrf = browser.get("/password").field("csrf");
    let code = server.link_code("ola");
    let fields = [
        ("csrf", csrf.as_str()),
        ("token", &code),
        ("password", "a new correct horse"),
        ("again", "a new correct horse"),
    ];
    assert_eq!(browser.post("/password", &fields).status, 303);
    drop(held);
    assert_eq!(plan(with_password), 200);
}

// Each kind of hash had places of its own: together they took twice the processors and the memory.
#[test]
fn sign_ins_and_client_secrets_share_what_there_is() {
    let server = ready();
    let runtime = runtime();
    let names: Vec<_> = (0..256).map(|i| format!("u-{i}")).collect();
    let site = |i: usize| network(&format!("203.0.113.{i}"));
    let secrets = names.iter().enumerate();
    let lanes: [Vec<Hashing<'_>>; 3] = [
        (0..256).map(|i| Hashing::Stranger(site(i))).collect(),
        secrets
            .map(|(i, name)| Hashing::ClientSecret(site(i), name))
            .collect(),
        names.iter().map(|sub| Hashing::Choosing(sub)).collect(),
    ];
    let held = lanes.map(|lane| hashing(&server, &runtime, lane).1);
    assert_eq!(held.map(|turns| turns.len()), [3, 1, 1]);
}
