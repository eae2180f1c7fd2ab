//! The command line: the real program, on a database file of its own.

mod backups;
mod beside;
mod declared_secrets;
mod doctor;
mod evidence;
mod named_files;
mod objects;
mod password_links;
mod targets;
mod tokens;
mod user_import;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use keyfob::{
    clock::SystemClock,
    store::{IfMissing, Store},
};
use serde_json::Value;

/// A folder with a database that nobody serves.
pub struct Folder {
    folder: tempfile::TempDir,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("keyfob.db");
        Store::open(&database, IfMissing::Create, Arc::new(SystemClock)).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn run(&self, args: &[&str]) -> Said {
        self.run_with(args, "")
    }

    pub fn run_with(&self, args: &[&str], stdin: &str) -> Said {
        run(&self.path("keyfob.db"), args, stdin)
    }

    /// What the command printed, which must be all right.
    pub fn ok(&self, args: &[&str]) -> String {
        self.run(args).ok(args)
    }

    /// The JSON that the command printed.
    pub fn json(&self, args: &[&str]) -> Value {
        self.json_with(args, "")
    }

    pub fn json_with(&self, args: &[&str], stdin: &str) -> Value {
        let args: Vec<_> = args.iter().chain(&["--output", "json"]).copied().collect();
        let text = self.run_with(&args, stdin).ok(&args);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

impl Said {
    pub fn ok(self, args: &[&str]) -> String {
        assert_eq!(self.code, 0, "{args:?}: {}", self.stderr);
        self.stdout
    }
}

/// Runs the program in the database's folder, without the variables of whoever runs the tests.
pub fn run(database: &Path, args: &[&str], stdin: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_keyfob"))
        .args(args)
        .current_dir(database.parent().unwrap())
        .env_clear()
        .env("KEYFOB_DATABASE", database)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads no stdin may have ended already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The names of an object's members.
pub fn members(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}
