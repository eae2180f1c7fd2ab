//! A start never destroys what is left of a database, a file is one file under whatever name, and a restored one
//! is as good as the one before.

use std::{fs, os::unix::fs::symlink};

use crate::support::binary::Folder;

const SERVE: &[&str] = &["serve", "--listen", "localhost:0"];

/// A folder in which a database was served by a server that was killed.
fn served() -> Folder {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    server.signal("KILL");
    server.wait();
    assert!(fs::metadata(folder.path("keyfob.db-wal")).unwrap().len() > 0);
    folder
}

// A file that had been moved away was made anew and its write-ahead log deleted.
#[test]
fn what_is_left_of_a_database_keeps_a_new_one_from_being_made_in_its_place() {
    type Loss = fn(&Folder);
    let rows: &[(Loss, &str)] = &[
        (
            |folder| fs::rename(folder.path("keyfob.db"), folder.path("moved.db")).unwrap(),
            "keyfob.db-wal exists. Put the database back",
        ),
        (
            |folder| {
                fs::remove_file(folder.path("keyfob.db")).unwrap();
                fs::remove_file(folder.path("keyfob.db-wal")).unwrap();
            },
            "is missing, but it was served here before",
        ),
        (
            |folder| fs::write(folder.path("keyfob.db"), "").unwrap(),
            "keyfob.db is empty",
        ),
    ];
    for (lose, told) in rows {
        let folder = served();
        lose(&folder);
        folder.write("keyfob.toml", "");
        // The lock of the server that was killed is taken over by the next.
        let _ = fs::remove_file(folder.path("keyfob.db-lock"));
        let before = folder.names();
        let ended = folder.run(SERVE);
        assert_eq!(ended.code, 1, "{told}");
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
        assert!(ended.stderr.contains("keyfob restore"), "{}", ended.stderr);
        // Whoever asks is told the same: to serve would not help.
        for command in [
            &["user", "list"][..],
            &["doctor"],
            &["config", "check"],
            &["config", "plan"],
            &["config", "export"],
        ] {
            let ended = folder.run(command);
            let said = format!("{}{}", ended.stdout, ended.stderr);
            assert_ne!(ended.code, 0, "{command:?}");
            let told = told.split([',', '(']).next().unwrap().trim_end();
            assert!(said.contains(told), "{command:?}: {said}");
        }
        assert_eq!(folder.names(), before, "{told}");
    }
}

#[test]
fn the_copy_of_a_database_that_disappeared_is_named() {
    let folder = served();
    fs::remove_file(folder.path("keyfob.db")).unwrap();
    fs::remove_file(folder.path("keyfob.db-wal")).unwrap();
    let copy = "keyfob.db.displaced-20260101T000000.000Z";
    folder.write(copy, "what it held");
    folder.write(&format!("{copy}-wal"), "no copy");
    for command in [SERVE, &["user", "list"], &["doctor"]] {
        let ended = folder.run(command);
        assert_eq!(ended.code, 1, "{command:?}");
        let told = format!(
            "A copy of its contents is in {}\n",
            folder.path(copy).display()
        );
        assert!(
            ended.stderr.ends_with(&told),
            "{command:?}: {}",
            ended.stderr
        );
    }
}

#[test]
fn a_database_that_was_moved_away_with_its_log_can_be_put_back_and_is_whole() {
    let folder = served();
    fs::rename(folder.path("keyfob.db"), folder.path("moved.db")).unwrap();
    assert_eq!(folder.run(SERVE).code, 1);
    fs::rename(folder.path("moved.db"), folder.path("keyfob.db")).unwrap();
    assert!(folder.serve(&[]).stop().0.success());
}

// Two servers on one file through a symbolic link both started, and a restore replaced it under a server.
#[test]
fn a_file_that_is_served_is_locked_under_every_name() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    fs::create_dir(folder.path("other")).unwrap();
    symlink("../keyfob.db", folder.path("other/link.db")).unwrap();
    symlink("other/link.db", folder.path("link.db")).unwrap();
    assert_eq!(folder.run(&["backup", "copy.db"]).code, 0);
    for name in ["link.db", "other/link.db", "other/../keyfob.db"] {
        let commands: [&[&str]; 2] = [
            &["serve", "--listen", "localhost:0", "--database", name],
            &["restore", "copy.db", "--yes", "--database", name],
        ];
        for command in commands {
            let ended = folder.run(command);
            assert_eq!(ended.code, 1, "{command:?}");
            let told = format!("is already using {}", folder.path("keyfob.db").display());
            assert!(
                ended.stderr.contains(&told),
                "{command:?}: {}",
                ended.stderr
            );
        }
    }
    assert!(server.stop().0.success());
    let restore = ["restore", "copy.db", "--yes", "--database", "link.db"];
    assert_eq!(folder.run(&restore).code, 0);
    assert!(
        fs::symlink_metadata(folder.path("link.db"))
            .unwrap()
            .is_symlink()
    );
    assert!(folder.serve(&["--database", "link.db"]).stop().0.success());
}

#[test]
fn a_file_with_a_second_name_is_not_served_under_either() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    fs::hard_link(folder.path("keyfob.db"), folder.path("twin.db")).unwrap();
    for name in ["twin.db", "keyfob.db"] {
        let ended = folder.run(&["serve", "--listen", "localhost:0", "--database", name]);
        assert_eq!(ended.code, 1, "{name}");
    }
    assert!(server.stop().0.success());
    for name in ["twin.db", "keyfob.db"] {
        let ended = folder.run(&["serve", "--listen", "localhost:0", "--database", name]);
        assert!(
            ended.stderr.contains("has another name (a hard link)"),
            "{}",
            ended.stderr
        );
    }
    fs::remove_file(folder.path("twin.db")).unwrap();
    assert!(folder.serve(&[]).stop().0.success());
}

// What a restore leaves that was cut off between its two steps.
#[test]
fn the_second_name_that_a_restore_has_left_is_removed_by_the_next_start() {
    let folder = Folder::new();
    assert!(folder.serve(&[]).stop().0.success());
    let aside = folder.path("keyfob.db.before-restore-20261124T101500.000Z");
    fs::hard_link(folder.path("keyfob.db"), &aside).unwrap();
    assert!(folder.serve(&[]).stop().0.success());
    assert!(!aside.exists());
}

// A restore by root left a file that the server's own user could not open.
#[cfg(unix)]
#[test]
fn a_restored_file_has_the_owner_and_mode_of_the_one_before() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    let folder = Folder::new();
    assert!(folder.serve(&[]).stop().0.success());
    assert_eq!(folder.run(&["backup", "copy.db"]).code, 0);
    let database = folder.path("keyfob.db");
    let mode = fs::Permissions::from_mode(0o640);
    fs::set_permissions(&database, mode).unwrap();
    // Only root gives files away.
    let given_away = chown(&database, Some(4711), Some(4712)).is_ok();
    assert_eq!(folder.run(&["restore", "copy.db", "--yes"]).code, 0);
    let restored = fs::metadata(&database).unwrap();
    assert_eq!(restored.mode() & 0o777, 0o640);
    if given_away {
        assert_eq!((restored.uid(), restored.gid()), (4711, 4712));
    }
}

#[test]
fn a_damaged_backup_is_called_a_damaged_backup() {
    let folder = Folder::new();
    assert!(folder.serve(&[]).stop().0.success());
    assert_eq!(folder.run(&["backup", "copy.db"]).code, 0);
    let mut bytes = fs::read(folder.path("copy.db")).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 8192].fill(0xff);
    fs::write(folder.path("copy.db"), bytes).unwrap();
    let refused = folder.run(&["restore", "copy.db", "--yes"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("The backup is damaged"),
        "{}",
        refused.stderr
    );
    let left = folder.names();
    assert!(
        !left.iter().any(|name| name.contains("restoring")),
        "{left:?}"
    );
}
