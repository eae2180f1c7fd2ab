//! What every resource of the route table has: its methods, and what it says to others.

use actix_web::{Resource, Route, guard, http::Method, web};

use crate::http::respond;

/// A resource that says which methods there are to every method it has no route for.
pub(super) fn only(path: &str, allow: &'static str) -> Resource {
    let other = move |method: Method| async move { respond::other_method(&method, allow) };
    web::resource(path).default_service(web::to(other))
}

/// GET, and HEAD with it (RFC 9110 §9.3.2).
pub(super) fn get() -> Route {
    web::route().guard(guard::Any(guard::Method(Method::GET)).or(guard::Method(Method::HEAD)))
}
