//! Errors of the admin API: problem details (RFC 9457), with a `code` for programs and, if one member of the request is
//! invalid, its name in `field`.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    admin::AdminError,
    domain::scope,
    http::respond::{self, BEARER},
    oauth::error::ErrorCode,
    store::StoreError,
};

/// Code of a request without session and access token.
pub const SIGN_IN_REQUIRED: &str = "sign_in_required";

#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    /// For programs: stable and in snake_case.
    code: &'static str,
    /// For people: safe to show.
    detail: String,
    /// The member of the request that is wrong: `redirect_uris[1]`.
    field: Option<String>,
    /// For the log only.
    cause: Option<String>,
    retry_after: Option<u32>,
}

/// Problem details (RFC 9457).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminProblem")]
pub struct ProblemDetails<'a> {
    /// The status in words.
    title: &'a str,
    /// Status of the response.
    status: u16,
    /// For programs.
    code: &'a str,
    /// Explanation for people.
    detail: &'a str,
    /// The request member that is invalid.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

impl Problem {
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            detail: detail.into(),
            field: None,
            cause: None,
            retry_after: None,
        }
    }

    /// A member of the request that cannot be.
    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(422, "invalid", reason)
        }
    }

    #[cfg(test)]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// Whether it is the server that failed, and not who asked.
    pub fn is_the_servers(&self) -> bool {
        self.status.is_server_error()
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "not_found", detail)
    }

    /// Too many wrong passwords.
    pub fn wait(seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                429,
                "slow_down",
                format!("Too many failed attempts. Try again in {seconds} seconds."),
            )
        }
    }

    /// RFC 9110 §15.5.2, RFC 6750 §3, RFC 9449 §7.1: how to authenticate with an access token. Without an error where
    /// none came.
    fn challenges(&self) -> Vec<String> {
        let lacks_scope = self.code == ErrorCode::InsufficientScope.as_str();
        if self.status != StatusCode::UNAUTHORIZED && !lacks_scope {
            return Vec::new();
        }
        let mut bearer = BEARER.to_owned();
        if self.code != SIGN_IN_REQUIRED {
            bearer.push_str(&format!(r#", error="{}""#, self.code));
        }
        if lacks_scope {
            bearer.push_str(&format!(r#", scope="{}""#, scope::ADMIN));
            return vec![bearer];
        }
        vec![bearer, respond::dpop_challenge()]
    }

    pub fn method_not_allowed(allow: &str) -> HttpResponse {
        let mut response: HttpResponse =
            Self::new(405, "method_not_allowed", "Method not allowed.").into();
        if let Ok(allow) = header::HeaderValue::from_str(allow) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        if let Some(cause) = &self.cause {
            tracing::error!(code = self.code, cause, "admin API request failed");
        }
        let details = ProblemDetails {
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            field: self.field.as_deref(),
        };
        let mut response = HttpResponse::build(self.status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        for challenge in self.challenges() {
            response.append_header((header::WWW_AUTHENTICATE, challenge));
        }
        response
            .content_type("application/problem+json")
            .body(serde_json::to_string(&details).unwrap_or_default())
    }
}

impl From<Problem> for HttpResponse {
    fn from(problem: Problem) -> Self {
        problem.error_response()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(reason) => Self::new(409, "conflict", reason),
            StoreError::Overloaded | StoreError::Stopped | StoreError::NoDescriptor => Self {
                retry_after: Some(1),
                ..Self::new(503, "busy", "The server is busy. Try again in a moment.")
            },
            StoreError::Displaced(trouble) => Self::new(503, "unavailable", trouble.to_string()),
            StoreError::DiskFull => Self::new(503, "disk_full", error.to_string()),
            StoreError::Failed(cause)
            | StoreError::Damaged(cause)
            | StoreError::Internal(cause) => Self {
                cause: Some(cause),
                ..Self::new(500, "failed", "Internal error. See the server log.")
            },
        }
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Invalid { field, reason } => Self::invalid(field, reason),
            AdminError::NotFound { .. } => Self::not_found(error.to_string()),
            AdminError::Exists { .. } => Self::new(409, "exists", error.to_string()),
            AdminError::Conflict(reason) => Self::new(409, "conflict", reason),
            AdminError::ManagedByFile { .. }
            | AdminError::DeclaredSecret { .. }
            | AdminError::DeclaredPassword { .. } => {
                Self::new(409, "managed_by_file", error.to_string())
            }
            AdminError::Store(error) => error.into(),
        }
    }
}
