//! Path from a listening socket to the application: connection limit, TLS, HTTP.

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use actix_http::{
    ConnectionType, HttpService, Payload, Protocol, Request, Response, StatusCode,
    error::DispatchError,
};
use actix_server::ServerBuilder;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, fn_service,
    map_config,
};
use actix_web::{
    body::MessageBody,
    dev::{AppConfig, ServiceResponse},
};
use rustls::ServerConfig;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsAcceptor;

use super::{
    chunks::{CHUNK, Chunks, RequestBody},
    connection::{Connection, Patience, Transport},
    connections::{Activity, Admission, Connections},
};

/// Time limit for the head of a request, and for the TLS handshake. The limit for the body is in `body`.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// Time limit for the client to close its end.
const DISCONNECT_PATIENCE: Duration = Duration::from_secs(2);

type Socket = Connection<Box<dyn Transport>>;

/// Serves `application` on one more socket.
pub fn add<F, I, S, B>(
    server: ServerBuilder,
    listener: TcpListener,
    tls: Option<ServerConfig>,
    connections: Arc<Connections>,
    keep_alive: Duration,
    application: F,
) -> io::Result<ServerBuilder>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<B>,
            Error = actix_web::Error,
            InitError = (),
        > + 'static,
    S::Future: 'static,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let stopping = server.graceful_shutdown_signal();
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    let patience = Patience {
        head: HEAD_PATIENCE,
        idle: keep_alive,
    };
    server.listen("keyfob", listener, move || {
        let (stopping, tls, connections) = (stopping.clone(), tls.clone(), connections.clone());
        let accept = fn_service(move |socket: TcpStream| {
            let (tls, admission) = (tls.clone(), connections.admit(socket.peer_addr().ok()));
            accept(socket, tls, admission, patience)
        });
        let accept = accept.map_err(DispatchError::Io);
        let application = map_config(application(), |()| AppConfig::default());
        let application = application.map_err(|error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(keep_alive)
            .client_request_timeout(HEAD_PATIENCE)
            .client_disconnect_timeout(DISCONNECT_PATIENCE)
            .h1_write_buffer_size(CHUNK)
            .on_connect_ext(|socket: &Socket, data| {
                data.insert(socket.activity.clone());
            })
            .finish(apply_fn_factory(application, |request, application| {
                answer(request, application)
            }));
        accept.and_then(apply_fn_factory(
            http,
            |(socket, admission): (Socket, Admission), http| {
                let peer = admission.peer;
                let serving = http.call((socket, Protocol::Http1, peer));
                async move {
                    tokio::select! {
                        ended = serving => ended,
                        () = admission.activity.evicted() => Ok(()),
                    }
                }
            },
        ))
    })
}

async fn accept(
    socket: TcpStream,
    tls: Option<TlsAcceptor>,
    admission: Admission,
    patience: Patience,
) -> io::Result<(Socket, Admission)> {
    socket.set_nodelay(true)?;
    let transport: Box<dyn Transport> = match tls {
        None => Box::new(socket),
        Some(tls) => tokio::select! {
            accepted = timeout(HEAD_PATIENCE, tls.accept(socket)) => Box::new(accepted??),
            () = admission.activity.evicted() => return Err(io::ErrorKind::ConnectionAborted.into()),
        },
    };
    let socket = Connection::new(transport, admission.activity.clone(), patience);
    Ok((socket, admission))
}

/// Handles a request, and closes the connection after the response to a body that is too slow or too large, without
/// waiting for the rest (RFC 9110 §15.5.9, §15.5.14).
fn answer<S, B>(
    request: Request,
    application: &S,
) -> impl Future<Output = Result<Response<Chunks<B>>, S::Error>> + use<S, B>
where
    S: Service<Request, Response = ServiceResponse<B>>,
    B: MessageBody,
{
    let activity = request.conn_data::<Arc<Activity>>().cloned();
    let none: Payload = Payload::None;
    let (request, body) = request.replace_payload(none);
    let has_body = !matches!(body, Payload::None);
    let guard = activity
        .as_ref()
        .map(|activity| activity.begin_request(has_body));
    let body = match activity {
        Some(activity) if has_body => RequestBody::of(body, activity),
        _ => body,
    };
    let answering = application.call(request.replace_payload(body).0);
    async move {
        let mut response: Response<B> = answering.await?.into();
        if matches!(
            response.status(),
            StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE
        ) {
            let close = ConnectionType::Close;
            response.head_mut().set_connection_type(close);
            if let Some(guard) = &guard {
                guard.activity().read_no_more();
            }
        }
        Ok(response.map_body(|_, body| Chunks::of(body, guard)))
    }
}
