//! `/users/import`: many users from a CSV file, all or none.

use keyfob::{admin::users::import, domain::time::Lifetime};
use serde_json::{Value, json};

use super::Console;
use crate::support::Answer;

fn ready() -> Console {
    let console = Console::start();
    console.server.user("ola", |_| {});
    for team in ["acme", "club"] {
        console.post("/teams", &json!({"id": team}));
    }
    console
}

fn look(console: &Console, csv: &str) -> Value {
    let looked = console.post("/users/import", &json!({"csv": csv, "dry_run": true}));
    assert_eq!(looked.status, 200, "{}", looked.text);
    looked.json()
}

fn import(console: &Console, csv: &str) -> Answer {
    console.post("/users/import", &json!({ "csv": csv }))
}

fn count(console: &Console) -> usize {
    let all = console.get("/users?limit=200").json();
    all["items"].as_array().unwrap().len()
}

#[test]
fn the_users_of_a_file_are_shown_first_and_then_made() {
    let console = ready();
    // A byte-order mark and line ends as spreadsheets write them, columns in an order of their own, quotes, a
    // blank line.
    let csv = "\u{feff}Email, username ,given_name,family_name,email_verified,locale,zoneinfo,teams\r\n\
        nina@example.com,nina,Nina,\"Berg, the elder\",TRUE,nb-NO,Europe/Oslo,acme; club:admin\r\n\
        \r\n\
        ,per,,,,,,\r\n\
        ,,,,,,,\r\n";
    let looked = look(&console, csv);
    assert_eq!(looked["wrong"], json!([]));
    let nina = json!({"line": 2, "username": "nina", "email": "nina@example.com", "given_name": "Nina",
        "family_name": "Berg, the elder", "teams": [{"id": "acme", "role": "member"}, {"id": "club", "role": "admin"}],
        "sub": null, "link": null});
    assert_eq!(looked["users"][0], nina);
    assert_eq!(looked["users"][1]["line"], 4);
    assert_eq!(count(&console), 2, "a look makes nobody");
    let made = import(&console, csv);
    assert_eq!(made.status, 200, "{}", made.text);
    let sub = made.json()["users"][0]["sub"].clone();
    let mut nina = nina;
    nina["sub"] = sub.clone();
    assert_eq!(made.json()["users"][0], nina);
    let shown = console
        .get(&format!("/users/{}", sub.as_str().unwrap()))
        .json();
    let rows = [
        ("email_verified", json!(true)),
        ("locale", json!("nb-NO")),
        ("zoneinfo", json!("Europe/Oslo")),
        ("has_password", json!(false)),
        ("password_link", Value::Null),
        ("admin", json!(false)),
        ("teams", nina["teams"].clone()),
    ];
    for (name, value) in rows {
        assert_eq!(shown[name], value, "{name}");
    }
    assert_eq!(console.get("/users/per").json()["email"], Value::Null);
    let events = console.get("/events?event=user.created").json();
    assert_eq!(events["items"].as_array().unwrap().len(), 2);
}

#[test]
fn links_are_made_if_they_are_asked_for_and_shown_once() {
    let console = ready();
    let body = json!({"csv": "username\nnina\nper", "links": true});
    let made = console.post("/users/import", &body).json();
    let page = format!("{}/password#t=", console.server.app.config.issuer);
    for (i, name) in ["nina", "per"].into_iter().enumerate() {
        let link = &made["users"][i]["link"];
        let code = link["url"].as_str().unwrap().strip_prefix(&page).unwrap();
        assert_eq!((code.len(), &link["purpose"]), (27, &json!("invite")));
        let shown = console.get(&format!("/users/{name}"));
        assert_eq!(
            shown.json()["password_link"]["expires_at"],
            link["expires_at"]
        );
        assert!(!shown.text.contains(code));
    }
}

#[test]
fn whatever_is_wrong_is_named_by_line_and_column_and_nobody_is_made() {
    let console = ready();
    // Each file, and what is said of it.
    let rows: &[(&str, &[&str])] = &[
        (
            "",
            &["line 1: the file is empty. The first row must name the columns"],
        ),
        ("username\n", &["line 2: the file contains no users"]),
        (
            "username,mail\nnina,x",
            &["line 1: unknown column \"mail\". Did you mean \"email\"?"],
        ),
        (
            "username,shoe size\nnina,44",
            &[
                "line 1: unknown column \"shoe size\". Allowed: username, email, email_verified, given_name, \
               family_name, locale, zoneinfo, teams",
            ],
        ),
        (
            "username;email\nnina;x",
            &["line 1: columns must be separated by commas. Save the file as CSV (comma)"],
        ),
        (
            "username,email\nnina,n@example.com\nper,\"p@example.com\nola,o@example.com\n",
            &["line 3: a quotation mark is opened here but not closed"],
        ),
        (
            "email\na@b.example",
            &["line 1, username: column is required"],
        ),
        (
            "username,USERNAME\na,b",
            &["line 1, username: appears twice"],
        ),
        (
            "username,email\nnina\nper,per@example.com,x",
            &[
                "line 2: has 1 value for 2 columns",
                "line 3: has 3 values for 2 columns",
            ],
        ),
        (
            "username,email\n,a@example.com\nper,nonsense\n\"\",x",
            &[
                "line 2, username: is required",
                "line 3, email: must be an email address",
                "line 4, username: is required",
                "line 4, email: must be an email address",
            ],
        ),
        (
            "username,email\nnina,n@example.com\nNINA,N@example.com\nper,",
            &[
                "line 3, username: is a duplicate of line 2",
                "line 3, email: is a duplicate of line 2",
            ],
        ),
        (
            "username,email\nnina@example.com,\nper,Nina@example.com\nkari,kari@x.example\nkari@x.example,",
            &[
                "line 3, email: is the username on line 2",
                "line 5, username: is the email on line 4",
            ],
        ),
        (
            "username,email\nOLA,\nper,OLA@example.com\n",
            &[
                "line 2, username: is already in use",
                "line 3, email: is already used by another user",
            ],
        ),
        (
            "username,teams\na,nowhere\nb,acme:owner\nc,acme;acme\nd,not a team",
            &[
                "line 2, teams: team \"nowhere\" not found",
                "line 3, teams: must be member or admin",
                "line 4, teams: contains acme twice",
                "line 5, teams: ",
            ],
        ),
        (
            "username,email_verified,locale,zoneinfo\na,maybe,,\nb,,en us,\nc,,,Mars/Olympus",
            &[
                "line 2, email_verified: must be true or false",
                "line 3, locale: must be a language tag such as nb-NO",
                "line 4, zoneinfo: must be an IANA time zone such as Europe/Oslo",
            ],
        ),
        (
            "username,given_name\na,J\u{fffd}rgen\n\"b\nc\",x",
            &[
                "line 2, given_name: is not UTF-8. Save the file as UTF-8",
                "line 3, username: must not contain control characters",
            ],
        ),
        // An administrator is made by hand.
        (
            "username,admin\nnina,true",
            &["line 1: unknown column \"admin\""],
        ),
    ];
    for (csv, says) in rows {
        let refused = import(&console, csv);
        let (status, code, field) = refused.problem();
        let found = (status, code.as_str(), field.as_deref());
        assert_eq!(found, (422, "invalid", Some("csv")), "{csv}");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        let lines: Vec<_> = detail.split('\n').collect();
        assert_eq!(lines.len(), says.len(), "{csv}: {detail}");
        for (line, says) in lines.iter().zip(*says) {
            assert!(line.starts_with(says), "{csv}: {line}");
        }
        let looked = look(&console, csv);
        assert_eq!(
            looked["wrong"].as_array().unwrap().len(),
            says.len(),
            "{csv}"
        );
        assert_eq!(count(&console), 2, "{csv}");
    }
}

#[test]
fn a_file_is_bounded_and_the_largest_is_made() {
    let console = ready();
    let rows = |n: usize| {
        let users = (0..n).map(|i| format!("user{i},user{i}@example.com,acme\n"));
        format!("username,email,teams\n{}", users.collect::<String>())
    };
    let more = import(&console, &rows(import::MOST + 1));
    assert_eq!(
        more.json()["detail"],
        "line 1002: the file has more than 1000 users. Split it"
    );
    let long = format!("username\n{}", "x".repeat(import::LONGEST));
    let long = import(&console, &long).json();
    assert_eq!(long["detail"], "line 1: the file must be at most 512 KiB");
    let wide = format!("username,{}", "x,".repeat(100_000));
    let wide = import(&console, &wide).json();
    assert_eq!(wide["detail"].as_str().unwrap().lines().count(), 99);
    let name = "x".repeat(400_000);
    let named = import(&console, &name);
    assert_eq!(named.status, 422);
    assert!(named.text.len() < 1000);
    assert_eq!(count(&console), 2);
    let body = json!({"csv": rows(import::MOST), "links": true});
    let made = console.post("/users/import", &body);
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(made.json()["users"].as_array().unwrap().len(), import::MOST);
    let again = import(&console, &rows(3)).json();
    assert_eq!(again["detail"].as_str().unwrap().lines().count(), 3);
}

#[test]
fn an_import_wants_the_password_given_not_long_ago_and_a_look_does_not() {
    let console = ready();
    console.server.clock.advance(Lifetime::minutes(11));
    assert_eq!(
        look(&console, "username\nnina")["users"][0]["username"],
        "nina"
    );
    let refused = import(&console, "username\nnina").problem();
    assert_eq!(refused.1, "password_required");
    assert_eq!(count(&console), 2);
}

#[test]
fn no_user_has_the_address_of_the_import() {
    let console = ready();
    let refused = console.post("/users", &json!({"username": "x", "sub": "import"}));
    let (status, _, field) = refused.problem();
    assert_eq!((status, field.as_deref()), (422, Some("sub")));
    assert_eq!(console.get("/users/import").problem().0, 405);
}
