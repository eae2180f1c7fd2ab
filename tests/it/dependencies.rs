//! What `deny.toml` says of the dependencies: bans and sources of the whole lock file, licences of
//! everything that is built here. `cargo deny check` says the same where it is installed.

use std::{path::Path, process::Command};

use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};
use toml::Table;

fn read(name: &str) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

fn texts(list: &toml::Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    list.iter().map(|item| item.as_str().unwrap()).collect()
}

/// Name and source of every locked package but our own.
fn locked(lock: &Table) -> Vec<(&str, &str)> {
    let packages = lock["package"].as_array().unwrap();
    packages
        .iter()
        .filter(|package| package["name"].as_str() != Some(env!("CARGO_PKG_NAME")))
        .map(|package| {
            let source = package.get("source").and_then(toml::Value::as_str);
            (
                package["name"].as_str().unwrap(),
                source.unwrap_or_default(),
            )
        })
        .collect()
}

#[test]
fn no_banned_crate_is_locked() {
    let (deny, lock) = (read("deny.toml"), read("Cargo.lock"));
    let banned = deny["bans"]["deny"].as_array().unwrap();
    assert!(banned.len() >= 5);
    for ban in banned {
        let name = ban["crate"].as_str().unwrap();
        let found = locked(&lock).iter().any(|(locked, _)| *locked == name);
        assert!(!found, "{name}: {}", ban["reason"].as_str().unwrap());
    }
}

#[test]
fn every_crate_comes_from_an_allowed_registry() {
    let (deny, lock) = (read("deny.toml"), read("Cargo.lock"));
    let allowed = texts(&deny["sources"]["allow-registry"]);
    let packages = locked(&lock);
    assert!(packages.len() > 100);
    for (name, source) in packages {
        let registry = source.trim_start_matches("registry+");
        assert!(allowed.contains(&registry), "{name} comes from {source:?}");
    }
}

/// The packages that are built for this machine, build and test dependencies included.
fn built_here() -> Vec<Value> {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        String::from_utf8(output.stdout).unwrap()
    };
    let version = run("rustc", &["-vV"]);
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let arguments = [
        "metadata",
        "--format-version=1",
        "--locked",
        "--offline",
        "--filter-platform",
        host,
    ];
    let mut metadata: Value = serde_json::from_str(&run(env!("CARGO"), &arguments)).unwrap();
    let Value::Array(packages) = metadata["packages"].take() else {
        panic!("no packages");
    };
    packages
}

#[test]
fn every_licence_is_an_allowed_one() {
    let deny = read("deny.toml");
    let allowed: Vec<_> = texts(&deny["licenses"]["allow"])
        .into_iter()
        .map(|text| Licensee::parse(text).unwrap())
        .collect();
    let packages = built_here();
    assert!(packages.len() > 100);
    for package in packages {
        let (name, licence) = (&package["name"], package["license"].as_str());
        let licence = licence.unwrap_or_else(|| panic!("{name} names no licence"));
        let expression = Expression::parse_mode(licence, ParseMode::LAX).unwrap();
        let is_allowed =
            |required: &spdx::LicenseReq| allowed.iter().any(|licence| licence.satisfies(required));
        assert!(expression.evaluate(is_allowed), "{name} is under {licence}");
    }
}
