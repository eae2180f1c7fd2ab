//! The settings in the admin API.

use keyfob::{
    config::{Registration, Told, settings::SETTINGS},
    domain::{secret::Secret, time::Lifetime},
};
use serde_json::{Value, json};

use super::Console;
use crate::support::Server;

#[test]
fn every_setting_is_there_with_its_value_and_who_said_it_and_no_secret() {
    let server = Server::start_with(|config| {
        config.access_token_lifetime = Lifetime::minutes(7);
        config.registration = Registration::Token;
        config.registration_token = Some(Secret::new("nobody-is-to-see-this"));
    });
    let told = Told {
        origins: [("access_token_lifetime", "keyfob.toml:3".to_owned())].into(),
        ..Told::default()
    };
    server.app.told.set(told).unwrap();
    let console = Console::over(server);
    let answer = console.get("/settings");
    assert!(!answer.text.contains("nobody-is-to-see"));
    let items = answer.json()["items"].as_array().unwrap().clone();
    let keys: Vec<_> = items.iter().map(|item| &item["key"]).collect();
    assert_eq!(keys, SETTINGS.iter().map(|one| one.key).collect::<Vec<_>>());
    let of = |key: &str| -> (Value, Value) {
        let item = items.iter().find(|item| item["key"] == key).unwrap();
        (item["value"].clone(), item["origin"].clone())
    };
    assert_eq!(
        of("access_token_lifetime"),
        (json!("\"7m\""), json!("keyfob.toml:3"))
    );
    assert_eq!(of("id_token_lifetime"), (json!("\"1h\""), Value::Null));
    assert_eq!(of("registration_token").0, json!("\"(set)\""));
    assert_eq!(of("tls_cert"), (Value::Null, Value::Null));
}
