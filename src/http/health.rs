//! `/healthz`: the process answers. `/readyz`: the database does too.

use actix_web::{HttpResponse, web};

use crate::{
    app::App,
    store::{StoreError, settings},
};

pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

pub async fn readyz(app: web::Data<App>) -> HttpResponse {
    match app
        .store
        .read(|tx| settings::get(tx, "created_at").map_err(|error: StoreError| error))
    {
        Ok(_) => HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .body("ready\n"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            HttpResponse::ServiceUnavailable()
                .content_type("text/plain; charset=utf-8")
                .body("not ready\n")
        }
    }
}
