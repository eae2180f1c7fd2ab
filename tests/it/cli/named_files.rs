//! What a command is given as a file may be anything: a folder, a pipe, a device without an end, nothing at all.

use std::process::Command;

use crate::support::binary::{Ended, Folder, ended};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.serve(&[]).stop();
    folder.write("empty", "");
    std::fs::create_dir(folder.path("folder")).unwrap();
    let made = Command::new("mkfifo").arg(folder.path("pipe")).status();
    assert!(made.unwrap().success());
    folder
}

fn refused(folder: &Folder, args: &[&str], told: &str) {
    let Ended { code, stderr, .. } = folder.run(args);
    assert!((1..=3).contains(&code), "{args:?}: {code} {stderr}");
    assert!(stderr.contains(told), "{args:?}: {stderr}");
}

// A pipe without a writer was waited for until somebody wrote to it.
#[test]
fn a_restore_says_what_is_no_backup() {
    let folder = folder();
    let before = folder.names();
    for (file, told) in [
        ("nowhere", "nowhere: does not exist"),
        ("folder", "folder: is a folder"),
        ("pipe", "pipe: is not a regular file"),
        ("/dev/zero", "/dev/zero: is not a regular file"),
        ("empty", "empty: is empty"),
    ] {
        refused(&folder, &["restore", file, "--yes"], told);
        assert_eq!(folder.names(), before, "{file}");
    }
}

#[test]
fn every_other_file_is_read_under_one_rule() {
    let folder = folder();
    let client = ["client", "create", "job", "--secret-file"];
    let user = ["user", "create", "ola", "--password-file"];
    let import = ["user", "import"];
    let check = ["config", "check"];
    let secret = ["token", "verify", "--token-file"];
    let commands: [&[&str]; 5] = [&client, &user, &import, &check, &secret];
    for command in commands {
        for (file, told) in [
            ("nowhere", "nowhere: does not exist"),
            ("folder", "folder: is a folder"),
        ] {
            refused(&folder, &[command, &[file]].concat(), told);
        }
    }
    for command in [&client[..], &user, &secret, &check] {
        let told = "/dev/zero: must be at most 4 MB";
        refused(&folder, &[command, &["/dev/zero"]].concat(), told);
    }
    for command in [&client[..], &user, &secret] {
        refused(&folder, &[command, &["empty"]].concat(), "empty is empty");
    }
    std::fs::write(
        folder.path("wide"),
        "username\nola\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<_>>(),
    )
    .unwrap();
    for command in commands {
        let told = "wide: the file looks like UTF-16; save it as UTF-8";
        refused(&folder, &[command, &["wide"]].concat(), told);
    }
}

#[test]
fn a_secret_comes_through_a_pipe_all_the_same() {
    let folder = folder();
    let mut command = folder.command(&[]);
    let script = "printf 'a secret of ours\\n' > pipe & exec \"$0\" client create job --auth-method \
                  client_secret_basic --grant-type client_credentials --secret-file pipe";
    let mut shell = Command::new("sh");
    shell
        .args(["-c", script])
        .arg(command.get_program())
        .current_dir(folder.path(""))
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command = shell;
    let made = ended(&mut command);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let server = folder.serve(&[]);
    let fields = [("grant_type", "client_credentials")];
    let client = ("job", "a secret of ours");
    assert_eq!(server.form("/api/v1/oauth/token", client, &fields).0, 200);
}

// Nobody had served the file, and it was kept aside as if there were something in it.
#[test]
fn a_restore_in_the_place_of_nothing_keeps_nothing_aside() {
    let folder = folder();
    assert_eq!(folder.run(&["backup", "copy.db"]).code, 0);
    let restore = ["restore", "copy.db", "--yes", "--database", "new.db"];
    folder.write("new.db", "");
    let restored = folder.run(&restore);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert!(
        !restored.stderr.contains("what was there"),
        "{}",
        restored.stderr
    );
    assert!(
        folder
            .names()
            .iter()
            .all(|name| !name.contains("before-restore"))
    );
    // Once it was served, the mark is named, too.
    folder.write("other.db", "");
    let refused = folder.run(&["user", "list", "--database", "other.db"]);
    assert!(
        refused.stderr.ends_with("delete the file\n"),
        "{}",
        refused.stderr
    );
    folder.write("other.db-served", "");
    let refused = folder.run(&["user", "list", "--database", "other.db"]);
    assert!(
        refused.stderr.ends_with("other.db-served\n"),
        "{}",
        refused.stderr
    );
}

#[test]
fn doctor_calls_the_database_damaged_and_not_a_backup() {
    let folder = folder();
    let doctor = ["doctor", "--listen", "localhost:1"];
    let path = folder.path("keyfob.db");
    let whole = std::fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[8192..12288].fill(b'X');
    std::fs::write(&path, damaged).unwrap();
    let said = folder.run(&doctor);
    assert_eq!(said.code, 5, "{}", said.stderr);
    assert!(
        said.stdout.contains("keyfob.db is damaged"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("keyfob restore"), "{}", said.stdout);
    assert!(!said.stdout.contains("the backup"), "{}", said.stdout);
    std::fs::write(&path, "").unwrap();
    let said = folder.run(&doctor);
    assert_eq!(said.code, 5, "{}", said.stderr);
    assert!(
        said.stdout.contains("keyfob.db is empty"),
        "{}",
        said.stdout
    );
    // A disk without room, as SQLite and the probe meet it: a write that fails.
    std::fs::write(&path, whole).unwrap();
    let said = folder.run(&doctor);
    assert!(said.stdout.contains("enough free space"), "{}", said.stdout);
    let said = ended(&mut folder.limited("trap '' XFSZ; ulimit -f 1024", &doctor));
    assert_eq!(said.code, 5, "{}", said.stderr);
    assert!(said.stderr.contains("disk"), "{}", said.stderr);
    assert!(
        said.stdout.contains("to the database folder"),
        "{}",
        said.stdout
    );
    assert!(folder.names().iter().all(|name| !name.contains("probe")));
}

#[test]
fn doctor_lists_the_copies_that_are_kept() {
    let folder = folder();
    let doctor = ["doctor", "--listen", "localhost:1"];
    let said = folder.run(&doctor);
    assert!(!said.stdout.contains("kept_copies"), "{}", said.stdout);
    folder.write(
        "keyfob.db.displaced-20260101T000000.000Z",
        &"x".repeat(3000),
    );
    assert_eq!(folder.run(&["backup", "copy.db"]).code, 0);
    assert_eq!(folder.run(&["restore", "copy.db", "--yes"]).code, 0);
    let said = folder.run(&doctor);
    assert_eq!(said.code, 0, "{}", said.stderr);
    for told in [
        "kept_copies",
        "keyfob.db.displaced-20260101T000000.000Z (3 KB)",
        "keyfob.db.before-restore-",
    ] {
        assert!(said.stdout.contains(told), "{told}: {}", said.stdout);
    }
}
