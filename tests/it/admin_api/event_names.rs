//! The list of event names is the list of the events that are written: filters offer it, and nothing else.

use std::{collections::BTreeSet, fs, path::Path};

use keyfob::admin::event_names;
use serde_json::json;

use super::Console;

fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, texts);
        } else if path.extension().is_some_and(|kind| kind == "rs")
            && !path.ends_with("admin/event_names.rs")
        {
            texts.push(fs::read_to_string(&path).unwrap());
        }
    }
}

/// What is quoted after `before`, in every file of `src` but the list itself.
fn quoted_after(texts: &[String], before: &str) -> BTreeSet<String> {
    let rests = texts.iter().flat_map(|text| text.split(before).skip(1));
    let quoted = rests.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    quoted.map(str::to_owned).collect()
}

#[test]
fn the_list_of_events_has_those_that_are_written_and_no_others() {
    let mut texts = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut texts,
    );
    let names = event_names::all();
    let all: BTreeSet<_> = names.iter().copied().collect();
    assert!(names.is_sorted());
    assert_eq!(all.len(), names.len());
    for call in ["AuditEvent::ok(", "AuditEvent::failed(", ".event("] {
        let named = quoted_after(&texts, call);
        assert!(named.len() > 5, "{call}: {named:?}");
        for name in named {
            assert!(all.contains(name.as_str()), "{name} is not in the list");
        }
    }
    // What is done with managed objects goes by their kind: `src/admin/object.rs`.
    let managed = quoted_after(&texts, "write_event(tx, by, &object, ");
    assert_eq!(managed.len(), 3, "{managed:?}");
    for name in all {
        let literal = format!("\"{name}\"");
        let verb = name.split('.').nth(1).unwrap_or_default();
        let by_kind = managed.contains(verb) || ["updated", "enabled", "disabled"].contains(&verb);
        assert!(
            by_kind || texts.iter().any(|text| text.contains(&literal)),
            "no code writes {name}"
        );
    }
}

#[test]
fn every_kind_that_the_page_offers_is_one_that_events_have() {
    let console = Console::start();
    let choices = console.get("/choices").json();
    let kinds = choices["event_kinds"].as_array().unwrap();
    assert_eq!(choices["event_names"], json!(event_names::all()));
    for kind in kinds {
        let begins = |name: &&str| name.split('.').next() == kind.as_str();
        assert!(event_names::all().iter().any(begins), "{kind}");
    }
    assert_eq!(choices["states"], json!(["active", "inactive"]));
}

#[test]
fn an_event_names_people_clients_and_teams_by_their_names() {
    let console = Console::start();
    let team = json!({"id": "t1", "name": "The first team"});
    assert_eq!(console.post("/teams", &team).status, 201);
    let client = json!({"client_id": "c1", "client_name": "Notes", "grant_types": ["client_credentials"],
                        "token_endpoint_auth_method": "client_secret_basic", "scope": ""});
    assert_eq!(console.post("/clients", &client).status, 201);
    let user = json!({"username": "kari", "sub": "u-kari"});
    let made = console.post("/users", &user);
    assert_eq!(made.status, 201, "{}", made.text);
    let sub = made.json()["sub"].as_str().unwrap().to_owned();
    assert_eq!(console.delete(&format!("/users/{sub}")).status, 204);
    let rows = [
        ("team.created", "subject_name", "The first team"),
        ("client.created", "client_name", "Notes"),
        ("user.created", "subject_name", "kari"),
        // Who is no more keeps the name that they had.
        ("user.deleted", "subject_name", "kari"),
        ("user.deleted", "actor_name", "root"),
    ];
    for (event, member, name) in rows {
        let found = console.get(&format!("/events?event={event}")).json();
        assert_eq!(found["items"][0][member], name, "{found}");
    }
}
