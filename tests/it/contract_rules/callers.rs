//! The three ways to present a token, their order, and what a caller is told who is not let in.

use keyfob::domain::time::Lifetime;

use super::{USERINFO, ready, redeem, token_of};

#[test]
fn the_renewed_token_counts_before_the_bearer_token_and_that_before_the_cookie() {
    let server = ready();
    server.user("u-kari", |_| {});
    let (narrow, wide) = (
        token_of(&server, "u-ola", "openid"),
        token_of(&server, "u-ola", "openid email"),
    );
    let other = token_of(&server, "u-kari", "openid");
    let stale = token_of(&server, "u-ola", "openid");
    let revoked = [("client_id", "web"), ("token", stale.as_str())];
    assert_eq!(
        server.form("/api/v1/oauth/revoke", None, &revoked).status,
        200
    );
    let garbage = "a.b.c".to_owned();
    // The tokens in their order, status, and whether the one that counted has the scope `email`.
    let rows = [
        ([Some(&wide), Some(&narrow), Some(&narrow)], 200, true),
        ([Some(&narrow), Some(&wide), Some(&wide)], 200, false),
        ([None, Some(&wide), Some(&narrow)], 200, true),
        ([None, Some(&narrow), Some(&wide)], 200, false),
        ([None, None, Some(&wide)], 200, true),
        // The stale one beside its renewal is what the header is for.
        ([Some(&wide), Some(&stale), None], 200, true),
        ([Some(&wide), None, Some(&stale)], 200, true),
        ([Some(&wide), Some(&garbage), None], 200, true),
        // What counts must be good, whatever stands beside it.
        ([Some(&stale), Some(&wide), None], 401, false),
        ([Some(&garbage), Some(&wide), None], 401, false),
        ([None, Some(&stale), Some(&wide)], 401, false),
        // Two subjects.
        ([Some(&wide), Some(&other), None], 400, false),
        ([Some(&wide), None, Some(&other)], 400, false),
        ([None, Some(&other), Some(&wide)], 400, false),
    ];
    for (i, (tokens, status, with_email)) in rows.into_iter().enumerate() {
        let [refreshed, bearer, cookie] = tokens.map(|token| token.map(String::as_str));
        let bearer = bearer.map(|token| format!("Bearer {token}"));
        let cookie = cookie.map(|token| format!("token={token}"));
        let headers: Vec<_> = [
            ("refreshed-token", refreshed),
            ("authorization", bearer.as_deref()),
            ("cookie", cookie.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        let answer = server.get(USERINFO, &headers);
        assert_eq!(answer.status, status, "row {i}: {}", answer.text);
        match status {
            200 => assert_eq!(answer.json()["email"].is_string(), with_email, "row {i}"),
            400 => assert_eq!(answer.json()["error"], "invalid_request", "row {i}"),
            _ => assert_eq!(answer.json()["error"], "invalid_token", "row {i}"),
        }
    }
}

// RFC 6750 §3
#[test]
fn a_caller_that_is_not_let_in_is_told_why_in_header_and_body() {
    let server = ready();
    let expired = token_of(&server, "u-ola", "openid");
    server.clock.advance(Lifetime::hours(1));
    let good = token_of(&server, "u-ola", "openid");
    let id_token = redeem(&server, "u-ola", "openid", &[]).json()["id_token"].clone();
    let id_token = id_token.as_str().unwrap();
    let rows = [
        (vec![], 401, None),
        (vec![("refreshed-token", String::new())], 401, None),
        (vec![("cookie", "token=".to_owned())], 401, None),
        (
            vec![("authorization", format!("Bearer {expired}"))],
            401,
            Some("invalid_token"),
        ),
        (
            vec![("refreshed-token", expired.clone())],
            401,
            Some("invalid_token"),
        ),
        (
            vec![("cookie", format!("token={expired}"))],
            401,
            Some("invalid_token"),
        ),
        (
            vec![("authorization", "Bearer x".into())],
            401,
            Some("invalid_token"),
        ),
        (
            vec![("authorization", format!("Bearer {id_token}"))],
            401,
            Some("invalid_token"),
        ),
        (
            vec![("authorization", "Bearer".into())],
            400,
            Some("invalid_request"),
        ),
        (
            vec![("authorization", format!("Bearer {good} {good}"))],
            400,
            Some("invalid_request"),
        ),
        (vec![("authorization", format!("bearer {good}"))], 200, None),
    ];
    for path in [USERINFO, "/api/v1/oauth/principal-token"] {
        for (headers, status, code) in &rows {
            let headers: Vec<_> = headers
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            let answer = server.get(path, &headers);
            assert_eq!(
                answer.status, *status,
                "{path} {headers:?}: {}",
                answer.text
            );
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            if *status == 200 {
                continue;
            }
            let challenge = answer.header("www-authenticate").unwrap();
            let body = answer.json();
            match code {
                None => assert_eq!(challenge, r#"Bearer realm="keyfob""#, "{headers:?}"),
                Some(code) => {
                    let description = body["error_description"].as_str().unwrap();
                    let expected = format!(
                        r#"Bearer realm="keyfob", error="{code}", error_description="{description}""#
                    );
                    assert_eq!(challenge, expected, "{headers:?}");
                    assert_eq!(body["error"], *code, "{headers:?}");
                }
            }
            assert_eq!(body["detail"], body["error_description"]);
            assert!(!answer.text.contains(&expired) && !answer.text.contains(&good));
        }
    }
}

#[test]
fn a_token_in_a_query_is_none() {
    let server = ready();
    let token = token_of(&server, "u-ola", "openid");
    // OAuth 2.1 §5.2.1 dropped it.
    let answer = server.get(&format!("{USERINFO}?access_token={token}"), &[]);
    assert_eq!(answer.status, 401);
}
