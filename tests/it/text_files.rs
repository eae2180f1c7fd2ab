//! Files as editors and shells of Windows write them: with a byte-order mark and carriage returns.

use crate::support::binary::{Folder, Running, ended};

fn write(folder: &Folder, name: &str, text: &str) {
    folder.write(name, &format!("\u{feff}{}", text.replace('\n', "\r\n")));
}

const FILE: &str = r#"admin_password_file = "admin"

[[client]]
client_id = "job"
client_secret_file = "job.secret"
grant_types = ["client_credentials"]
scope = "keyfob:delegate"

[[user]]
username = "ola"
password_file = "ola.password"
"#;

#[test]
fn files_written_on_windows_are_read_as_all_others() {
    let folder = Folder::new();
    write(&folder, "keyfob.toml", FILE);
    write(&folder, "admin", "correct horse\n");
    write(&folder, "job.secret", "s3cret-of-the-job\n");
    write(&folder, "ola.password", "battery staple\n");
    let server = folder.serve(&[]);
    get_token(&server, "job", "s3cret-of-the-job");
    stop(server);
    // The same for what commands are given.
    write(&folder, "other.secret", "s3cret-of-another\n");
    let create = "client create other --grant-type client_credentials --secret-file other.secret";
    let create: Vec<_> = create.split(' ').collect();
    let created = folder.run(&create);
    assert_eq!(created.code, 0, "{}", created.stderr);
    write(&folder, "users.csv", "username,given_name\nkari,Kari\n");
    let imported = folder.run(&["user", "import", "users.csv", "--output", "json"]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    assert!(imported.stdout.contains("kari"), "{}", imported.stdout);
    let server = folder.serve(&[]);
    get_token(&server, "other", "s3cret-of-another");
    stop(server);
}

fn get_token(server: &Running, client_id: &str, secret: &str) {
    let fields = [("grant_type", "client_credentials")];
    let answer = server.form("/api/v1/oauth/token", (client_id, secret), &fields);
    assert_eq!(answer.0, 200, "{client_id} {}", answer.1);
}

fn stop(server: Running) {
    let (status, log) = server.stop();
    assert!(status.success(), "{log:?}");
}

// Windows PowerShell 5 writes UTF-16 with `>`.
#[test]
fn a_file_that_is_not_utf_8_is_refused_by_name() {
    let folder = Folder::new();
    let utf_16: Vec<u8> = [0xfeff_u16]
        .into_iter()
        .chain("listen = \"localhost:0\"".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(folder.path("keyfob.toml"), &utf_16).unwrap();
    let refused = folder.run(&["config", "check"]);
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    let expected = "keyfob.toml: the file is UTF-16; save it as UTF-8";
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    std::fs::write(folder.path("secret"), b"caf\xe9").unwrap();
    std::fs::remove_file(folder.path("keyfob.toml")).unwrap();
    let mut serve = folder.command(&["serve", "--listen", "localhost:0"]);
    serve.env("KEYFOB_ADMIN_PASSWORD_FILE", folder.path("secret"));
    let refused = ended(&mut serve);
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    let expected = "secret:1: the file is not UTF-8 text";
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
}
