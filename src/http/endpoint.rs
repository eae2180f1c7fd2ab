//! A path of the route table: its methods with their handlers, and its description in `/openapi.json`. The route, the
//! `Allow` header and the description come from the same call, so none of them can be missing or differ.

use actix_web::{
    FromRequest, Handler, HttpResponse, Resource, Responder, Route, guard,
    http::Method,
    web::{self, ServiceConfig},
};

use super::{openapi::operation::Operation, respond};

/// Everything that is served at one path.
pub struct Endpoint {
    /// In the syntax of actix: `{name:pattern}` matches more than a segment.
    pub path: String,
    /// The described methods.
    pub operations: Vec<(&'static str, Operation)>,
    /// Whether an access token can be sent with a proof of possession.
    pub takes_proof: bool,
    resource: Resource,
    methods: Vec<&'static str>,
    other_method: OtherMethod,
    register: Register,
}

/// Handler for unsupported methods; its second argument is the value of `Allow`.
type OtherMethod = fn(&Method, &str) -> HttpResponse;

/// Adds the resource, with its middleware, to the server.
pub type Register = fn(Resource, &mut ServiceConfig);

/// A path without methods; add them next.
pub fn at(path: impl Into<String>) -> Endpoint {
    let path = path.into();
    Endpoint {
        resource: web::resource(spellings(&path)),
        path,
        operations: Vec::new(),
        takes_proof: false,
        methods: Vec::new(),
        other_method: respond::other_method,
        register: |resource, config| {
            config.service(resource);
        },
    }
}

/// The path with and without a trailing slash, as some clients send it. A path that matches more than a segment
/// includes both.
fn spellings(path: &str) -> Vec<String> {
    match path.ends_with('/') || path.ends_with("*}") || path.ends_with("+}") {
        true => vec![path.to_owned()],
        false => vec![path.to_owned(), format!("{path}/")],
    }
}

impl Endpoint {
    /// GET, and HEAD with it (RFC 9110 §9.3.2).
    pub fn get<F, Args>(self, handler: F, operation: Operation) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.described("get", operation).page(handler)
    }

    /// GET without HEAD, for endless streams and responses whose headers cost as much as the body.
    pub fn get_only<F, Args>(self, handler: F, operation: Operation) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.described("get", operation).visit(handler)
    }

    pub fn post<F, Args>(self, handler: F, operation: Operation) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.described("post", operation).form(handler)
    }

    pub fn put<F, Args>(self, handler: F, operation: Operation) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.described("put", operation)
            .served(&["PUT"], web::put().to(handler))
    }

    pub fn patch<F, Args>(self, handler: F, operation: Operation) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.described("patch", operation)
            .served(&["PATCH"], web::patch().to(handler))
    }

    pub fn delete<F, Args>(self, handler: F, operation: Operation) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.described("delete", operation)
            .served(&["DELETE"], web::delete().to(handler))
    }

    /// GET and HEAD of a page or a file for browsers, which is not part of the API.
    pub fn page<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let get = guard::Any(guard::Method(Method::GET)).or(guard::Method(Method::HEAD));
        self.served(&["GET", "HEAD"], web::route().guard(get).to(handler))
    }

    /// Only GET, for a page.
    pub fn visit<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.served(&["GET"], web::get().to(handler))
    }

    /// POST of a page's form.
    pub fn form<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.served(&["POST"], web::post().to(handler))
    }

    /// Access tokens sent or requested here can be bound to a key (RFC 9449).
    pub fn takes_proof(self) -> Self {
        Self {
            takes_proof: true,
            ..self
        }
    }

    pub fn within(self, register: Register) -> Self {
        Self { register, ..self }
    }

    /// Replaces the response to unsupported methods.
    pub fn other_method(self, other_method: OtherMethod) -> Self {
        Self {
            other_method,
            ..self
        }
    }

    /// The same for the description, under the path of its scope.
    pub fn under(self, base: &str) -> Self {
        Self {
            path: format!("{base}{}", self.path),
            ..self
        }
    }

    pub fn register(self, config: &mut ServiceConfig) {
        let (allow, answer) = (self.methods.join(", "), self.other_method);
        let other = move |method: Method| {
            let response = answer(&method, &allow);
            async move { response }
        };
        let resource = self.resource.default_service(web::to(other));
        (self.register)(resource, config);
    }

    fn described(mut self, method: &'static str, operation: Operation) -> Self {
        self.operations.push((method, operation));
        self
    }

    fn served(mut self, methods: &[&'static str], route: Route) -> Self {
        self.methods.extend(methods);
        Self {
            resource: self.resource.route(route),
            ..self
        }
    }
}
