//! Routes that more than one method has.

use actix_web::{Route, guard, http::Method, web};

/// GET, and HEAD with it (RFC 9110 §9.3.2).
pub(super) fn get() -> Route {
    web::route().guard(guard::Any(guard::Method(Method::GET)).or(guard::Method(Method::HEAD)))
}
