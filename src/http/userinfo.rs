//! `GET` and `POST /api/v1/oauth/userinfo`.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    app::{App, SharedApp},
    http::{
        body::Body,
        caller::{caller, caller_of_form, renewed},
        flows, respond,
        token::is_form,
    },
    oauth::{
        bearer::{Caller, Refused, Scheme},
        error::OAuthError,
        params::Params,
        userinfo,
    },
};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    if let Some(header) = respond::authorization(&request)
        && let Some((_, token)) = header.split_once(' ')
    {
        flows::brings(&app, &request, token.trim());
    }
    let caller = caller(&app, &request).await;
    answer(&app, &request, caller).await
}

/// OIDC Core §5.3.1: the token may stand in the form, too (RFC 6750 §2.2).
pub async fn post(app: web::Data<App>, request: HttpRequest, body: Body) -> HttpResponse {
    let caller = match form_token(&request, body) {
        Ok(Some(token)) => caller_of_form(&app, &request, &token).await,
        Ok(None) => caller(&app, &request).await,
        Err(error) => Err(Refused::Error(Scheme::Bearer, error)),
    };
    answer(&app, &request, caller).await
}

fn form_token(request: &HttpRequest, Body(body): Body) -> Result<Option<String>, OAuthError> {
    if !is_form(respond::header_text(request, "content-type").as_deref()) {
        return Ok(None);
    }
    let params = body.and_then(|body| Params::from_urlencoded(&body));
    let params = flows::trace(request).check("parameters", params)?;
    Ok(params.optional("access_token").map(str::to_owned))
}

async fn answer(
    app: &SharedApp,
    request: &HttpRequest,
    caller: Result<Caller, Refused>,
) -> HttpResponse {
    let caller = match caller {
        Ok(caller) => caller,
        Err(refused) => {
            if let Refused::Error(_, error) = &refused {
                app.counters.refused("userinfo", error.code.as_str());
            }
            return respond::unauthenticated(&refused);
        }
    };
    let answer = match userinfo::userinfo(app, &flows::trace(request), &caller.claims) {
        Ok(answer) => respond::no_store(200).json(answer),
        Err(error) => {
            app.counters.refused("userinfo", error.code.as_str());
            respond::caller_refusal(caller.scheme, &error)
        }
    };
    renewed(app, &caller, answer).await
}
