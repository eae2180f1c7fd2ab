//! The contract's recorded cases, and what they do not reach.

use serde_json::json;

use super::*;

const JSON: Option<&str> = Some("application/json");
const GRANT_TYPES: [&str; 3] = ["authorization_code", "refresh_token", "client_credentials"];
const SCOPES: [&str; 3] = ["openid", "profile", "email"];

fn token(content_type: Option<&str>, body: &[u8]) -> Result<TokenRequest, ValidationErrors> {
    token_request(parse_object(content_type, body)?, &GRANT_TYPES)
}

fn delegated(
    content_type: Option<&str>,
    body: &[u8],
) -> Result<DelegatedTokenRequest, ValidationErrors> {
    delegated_token_request(parse_object(content_type, body)?, &SCOPES)
}

/// The 422 body for a request to `path`, null for a good one.
fn answer(path: &str, content_type: Option<&str>, body: &[u8]) -> Value {
    let errors = match path.rsplit('/').next() {
        Some("token") => token(content_type, body).err(),
        Some("delegated-token") => delegated(content_type, body).err(),
        _ => panic!("no JSON body at {path}"),
    };
    json!(errors)
}

/// What is wrong with a body of a token request, as `place type` each.
fn faults(body: impl AsRef<[u8]>) -> String {
    faults_of(token(JSON, body.as_ref()))
}

fn faults_of<T>(result: Result<T, ValidationErrors>) -> String {
    let errors = result.err().map_or_else(Vec::new, |errors| errors.0);
    let fault = |error: &ValidationError| {
        let step = |loc: &Loc| match loc {
            Loc::Name(name) => name.to_string(),
            Loc::Index(index) => index.to_string(),
        };
        let place: Vec<String> = error.loc.iter().map(step).collect();
        format!("{} {}", place.join("."), error.kind)
    };
    errors.iter().map(fault).collect::<Vec<_>>().join(", ")
}

/// Whether `found` is what the contract's case says, in which `*` stands for any text or number.
fn matches(said: &Value, found: &Value) -> bool {
    match (said, found) {
        (Value::String(said), _) if said == "*" => true,
        (Value::String(said), Value::String(found)) => match said.strip_suffix('*') {
            Some(start) => found.starts_with(start),
            None => said == found,
        },
        (Value::Array(said), Value::Array(found)) => {
            said.len() == found.len() && said.iter().zip(found).all(|(s, f)| matches(s, f))
        }
        (Value::Object(said), Value::Object(found)) => {
            let has = |(name, value)| found.get(name).is_some_and(|found| matches(value, found));
            said.len() == found.len() && said.iter().all(has)
        }
        _ => said == found,
    }
}

#[test]
fn the_contracts_cases_get_the_contracts_answers() {
    let contract: Value = serde_json::from_str(include_str!(
        "../../../tests/contract/validation-cases.json"
    ))
    .unwrap();
    let cases = contract["cases"].as_array().unwrap();
    let answered: Vec<_> = cases.iter().filter(|case| case["status"] == 422).collect();
    assert_eq!(answered.len(), 36);
    for case in answered {
        let (path, body) = (
            case["path"].as_str().unwrap(),
            case["body"].as_str().unwrap(),
        );
        let found = answer(path, case["content_type"].as_str(), body.as_bytes());
        let said = json!({"detail": case["detail"]});
        assert!(matches(&said, &found), "{}: {found}", case["name"]);
    }
}

#[test]
fn a_body_is_json_by_its_content_type() {
    let json = [
        "application/json",
        "APPLICATION/JSON",
        " application/json ; charset=utf-8",
        "application/json;",
        "application/problem+json",
        "application/+json",
        "application/x+JSON; a=b",
    ];
    for content_type in json {
        let faults = faults_of(token(Some(content_type), b"{}"));
        assert_eq!(faults, "body.grant_type missing", "{content_type:?}");
    }
    let not_json = [
        "",
        "json",
        "text/json",
        "application/jsonp",
        "application/ json",
        "application /json",
        "application/json/x",
        "application/a/x+json",
        "application/json, text/plain",
        "application/json charset=utf-8",
        "application/x+json+xml",
        ";application/json",
    ];
    for content_type in not_json {
        let faults = faults_of(token(Some(content_type), b"{}"));
        assert_eq!(faults, "body model_attributes_type", "{content_type:?}");
    }
    assert_eq!(faults_of(token(None, b"{}")), "body model_attributes_type");
    assert_eq!(faults_of(token(None, b"")), "body missing");
}

#[test]
fn malformed_json_is_told_with_the_character_at_which_python_stops() {
    let rows: [(&[u8], usize); 42] = [
        (b" ", 1),
        (b"tru", 0),
        (b"-", 0),
        (b"\x0b{}", 0),
        (b"{}\x00", 2),
        (b"{} {}", 3),
        (b"[1,]", 3),
        (b"[\"a\" 1]", 5),
        (b"{1:1}", 1),
        (b"{\"a\" 1}", 5),
        (b"{\"a\":1,}", 7),
        (b"{\"a\":1 \"b\":1}", 7),
        (b"{\"a\":01}", 6),
        (b"{\"a\":1.}", 6),
        (b"{\"a\":1e+}", 6),
        (b"{\"a\":.5}", 5),
        (b"{\"a\":+1}", 5),
        (b"{\"a\":-}", 5),
        (b"{\"a\":-NaN}", 5),
        (b"{\"a\":-Infinit}", 5),
        (b"\"x", 0),
        (b"\"x\\", 0),
        (b"[\"a\x01b\"]", 3),
        (b"[\"a\nb\"]", 3),
        (b"[\"\\x\"]", 2),
        (b"[\"\\u12\"]", 3),
        (b"[\"\\u+123\"]", 3),
        (b"[\"\\u1234", 3),
        (b"[\"\\ud83d\\u00", 9),
        // In characters, not bytes.
        ("[\"é€😀\",}".as_bytes(), 7),
        // The byte order mark does not count.
        (b"\xef\xbb\xbf[,", 1),
        (b"\xef\xbb\xbf", 0),
        (b"[\0,\0", 1),
        (b"\xff\xfe[\0,\0", 1),
        // A lone surrogate, which Python takes, and after it a fault that Python sees first.
        (b"[\"\\ud800\"]", 3),
        (b"[\"\\ud83d\\ud83d\\ude00\"]", 3),
        (b"[\"\\ude00\\ud83d\"]", 3),
        (b"{\"\\ud800\":1}", 3),
        (b"[\"\\ud800\",]", 10),
        // Bytes that are no text; FastAPI answers 400.
        (b"[\"\xc3\xa9\xff\"]", 3),
        (b"[\"\xed\xa0\x80\"]", 2),
        (b"[\0\x00\xd8]\0", 1),
    ];
    for (body, position) in rows {
        let said = format!("body.{position} json_invalid");
        assert_eq!(faults(body), said, "{}", body.escape_ascii());
    }
}

#[test]
fn what_python_takes_for_json_is_taken() {
    let numbers = [
        "7",
        "-0",
        "1.5",
        "1E+5",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
    ];
    for number in numbers
        .map(String::from)
        .into_iter()
        .chain(["9".repeat(5000)])
    {
        let body = format!(r#"{{"grant_type": {number}, "code": {number}, "tz": {number}}}"#);
        let said = "body.grant_type enum, body.code string_type, body.tz string_type";
        assert_eq!(faults(body), said);
    }
    let good =
        r#" {"grant_type": "x", "grant_type" : "refresh_token", "code":"\ud83d\ude00\/\u00e9"} "#;
    let utf_16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf_32: Vec<u8> = good
        .chars()
        .flat_map(|c| u32::from(c).to_be_bytes())
        .collect();
    let marked = format!("\u{FEFF}{good}");
    for body in [good.as_bytes(), marked.as_bytes(), &utf_16, &utf_32] {
        let request = token(JSON, body).unwrap();
        assert_eq!(request.grant_type, "refresh_token");
        assert_eq!(request.code.as_deref(), Some("😀/é"));
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"grant_type":"refresh_token","<>":{open}{close}}}"#)
    };
    assert_eq!(faults(nested(127)), "");
    assert_eq!(faults(nested(128)), "body.162 json_invalid");
    assert_eq!(faults(nested(100_000)), "body.162 json_invalid");
    assert_eq!(faults("[".repeat(100_000)), "body.128 json_invalid");
}

#[test]
fn a_good_token_request_is_read_in_full() {
    let body = br#"{"resource": "r", "tz": "Asia/Tokyo", "client_id": "c", "code": "", "state": null,
        "grant_type": "authorization_code", "client_secret": null, "a b": 1, "": 1, "redirect_uri": ""}"#;
    let request = token(JSON, body).unwrap();
    assert_eq!(request.grant_type, "authorization_code");
    assert_eq!(request.client_id.as_deref(), Some("c"));
    assert_eq!(request.code.as_deref(), Some(""));
    assert_eq!(request.client_secret, None);
    assert_eq!(
        (request.tz.as_str(), request.tz_given),
        ("Asia/Tokyo", true)
    );
    let others = [("resource", "r"), ("redirect_uri", "")];
    assert_eq!(
        request.others,
        others.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );

    let request = token(JSON, br#"{"grant_type": "refresh_token"}"#).unwrap();
    assert_eq!((request.tz, request.tz_given), (TimeZone::DEFAULT, false));
    assert_eq!(request.others, []);
}

#[test]
fn a_good_delegated_token_request_is_read_in_full() {
    let body = br#"{"sub": "", "scopes": ["email", "openid", "email"], "team_id": "t", "x": 1}"#;
    let said = DelegatedTokenRequest {
        sub: String::new(),
        scopes: Some(["email", "openid", "email"].map(String::from).to_vec()),
        team_id: Some("t".to_owned()),
    };
    assert_eq!(delegated(JSON, body), Ok(said));
    let nulls = delegated(JSON, br#"{"sub": "u", "scopes": null, "team_id": null}"#).unwrap();
    assert_eq!((nulls.scopes, nulls.team_id), (None, None));
}

#[test]
fn every_fault_is_told_in_the_order_of_the_schema() {
    let body = br#"{"team_id": 1, "scopes": ["x", "openid", null, {}, true, NaN]}"#;
    let said = "body.sub missing, body.scopes.0 enum, body.scopes.2 enum, body.scopes.3 enum, \
                body.scopes.4 enum, body.scopes.5 enum, body.team_id string_type";
    assert_eq!(faults_of(delegated(JSON, body)), said);
    let body = r#"{"x-1": [], "tz": "", "dup": 1, "code": {}, "ok": "", "dup": 2}"#;
    let said = "body.grant_type missing, body.code string_type, body.tz string_too_short, \
                body.x-1 string_type, body.dup string_type";
    assert_eq!(faults(body), said);
}

#[test]
fn an_enum_names_its_words_as_python_does() {
    let rows: [(&[&str], &str); 4] = [
        (&["a"], "'a'"),
        (&["a", "b"], "'a' or 'b'"),
        (&["a", "b", "c"], "'a', 'b' or 'c'"),
        (&["it's", "b"], r#""it's" or 'b'"#),
    ];
    for (words, said) in rows {
        let object = parse_object(JSON, br#"{"sub": "u", "scopes": ["z"]}"#).unwrap();
        let ValidationErrors(errors) = delegated_token_request(object, words).unwrap_err();
        assert_eq!(errors[0].msg, format!("Input should be {said}"));
    }
}

#[test]
fn nothing_the_caller_sent_is_repeated() {
    let long = "S3CRET".repeat(11);
    let body = format!(
        r#"{{"grant_type": "S3CRET", "tz": "S3CRET", "code": ["S3CRET"], "S3CRET ": 1, "{long}": 1}}"#
    );
    let found = answer("/token", JSON, body.as_bytes()).to_string();
    assert_eq!(found.matches("\"loc\"").count(), 3);
    assert!(!found.contains("S3CRET"), "{found}");

    let body = br#"{"grant_type": "refresh_token", "code": "S3CRET", "client_secret": "S3CRET",
        "refresh_token": "S3CRET", "code_verifier": "S3CRET", "client_assertion": "S3CRET"}"#;
    let shown = format!("{:?}", token(JSON, body).unwrap());
    assert!(
        shown.contains("refresh_token") && !shown.contains("S3CRET"),
        "{shown}"
    );
}

#[test]
fn no_body_has_more_than_a_hundred_errors_to_tell() {
    let items = vec!["1"; 30_000].join(",");
    let scopes = format!(r#"{{"sub":"x","scopes":[{items}]}}"#);
    let errors = delegated(JSON, scopes.as_bytes()).unwrap_err().0;
    assert_eq!((errors.len(), errors[99].kind), (100, "too_many_errors"));
}
