//! Repeats a POST of another site as a request of this server's own. RFC 6265bis §5.6.7: a browser keeps Lax cookies
//! back from such a POST; the request that follows has them.

use actix_web::{HttpRequest, HttpResponse};
use url::form_urlencoded;

use super::{html, views::FormPost};
use crate::app::App;

/// Leads to the same request by GET. What is too long for an address is posted again by a page of this server.
/// `title` is that of the page.
pub fn repeat(
    app: &App,
    request: &HttpRequest,
    path: &str,
    fields: Vec<(String, String)>,
    title: &'static str,
) -> HttpResponse {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&fields);
    let address = format!("{path}?{}", query.finish());
    if address.len() <= html::LONGEST_LOCATION {
        return html::see_other(&address, Vec::new());
    }
    let view = FormPost {
        title,
        page: html::page(app, request),
        action: path.to_owned(),
        fields,
    };
    html::html(200, &view, Vec::new())
}
