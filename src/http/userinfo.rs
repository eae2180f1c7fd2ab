//! `GET` and `POST /api/v1/oauth/userinfo`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::{
    endpoint::{Endpoint, at},
    openapi::{
        operation::{OAUTH, TOO_LARGE, contracted, operation},
        schemas::Contracted,
    },
};
use crate::{
    app::{App, SharedApp},
    http::{
        body::{Body, is_form},
        caller::{caller, caller_of_form, renewed},
        respond,
    },
    oauth::{
        bearer::{Caller, Refused, Scheme},
        error::OAuthError,
        forms,
        params::Params,
        userinfo,
    },
    trace::Trace,
};

pub fn endpoint() -> Endpoint {
    // As in the contract for GET.
    let parameter = |name: &str, place: &str, title: &str| {
        json!({ "name": name, "in": place, "required": false,
                "schema": { "anyOf": [{ "type": "string" }, { "type": "null" }], "title": title } })
    };
    let by_post = operation("userinfo_api_v1_oauth_userinfo_post", OAUTH, "Userinfo by POST")
        .about(
            "Same as GET (OpenID Connect Core §5.3.1). The access token can be sent in the form (RFC 6750 §2.2) \
             instead of the `Authorization` header.",
        )
        .by_token()
        .parameter(parameter("refreshed-token", "header", "Refreshed-Token"))
        .parameter(parameter("token", "cookie", "Token"))
        .form_if_any::<forms::UserInfo>()
        .json::<Contracted<UserInfoResponse>>(200, "Successful Response")
        .refuses_callers()
        .refuses(413, TOO_LARGE);
    at("/userinfo")
        .get(get, contracted().refuses_callers())
        .post(post, by_post)
        .takes_proof()
}

/// The name of the contract's schema.
struct UserInfoResponse;

async fn get(app: web::Data<App>, request: HttpRequest, trace: Trace) -> HttpResponse {
    if let Some(header) = respond::authorization(&request)
        && let Some((_, token)) = header.split_once(' ')
    {
        trace.brings(token.trim());
    }
    let caller = caller(&app, &request).await;
    answer(&app, &trace, caller).await
}

/// The token can also be in the form (OIDC Core §5.3.1, RFC 6750 §2.2).
async fn post(app: web::Data<App>, request: HttpRequest, trace: Trace, body: Body) -> HttpResponse {
    let caller = match form_token(&request, &trace, body) {
        Ok(Some(token)) => caller_of_form(&app, &request, &token).await,
        Ok(None) => caller(&app, &request).await,
        Err(error) => Err(Refused::Error(Scheme::Bearer, error)),
    };
    answer(&app, &trace, caller).await
}

fn form_token(
    request: &HttpRequest,
    trace: &Trace,
    Body(body): Body,
) -> Result<Option<String>, OAuthError> {
    if !is_form(respond::header_text(request, "content-type").as_deref()) {
        return Ok(None);
    }
    let params = body.and_then(|body| Params::from_urlencoded(&body));
    let params = trace.check("parameters", params)?;
    Ok(params.optional("access_token").map(str::to_owned))
}

async fn answer(app: &SharedApp, trace: &Trace, caller: Result<Caller, Refused>) -> HttpResponse {
    let caller = match caller {
        Ok(caller) => caller,
        Err(refused) => {
            if let Refused::Error(_, error) = &refused {
                app.counters.refused("userinfo", error.code.as_str());
            }
            return respond::unauthenticated(&refused);
        }
    };
    let answer = match userinfo::userinfo(app, trace, &caller.claims) {
        Ok(answer) => respond::no_store(200).json(answer),
        Err(error) => {
            app.counters.refused("userinfo", error.code.as_str());
            respond::caller_refusal(caller.scheme, &error)
        }
    };
    renewed(app, &caller, answer).await
}
