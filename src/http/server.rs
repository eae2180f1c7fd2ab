//! Binds, serves, and stops gracefully.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{
    App as Service, HttpServer,
    dev::{Server, ServerHandle},
    http::header,
    middleware::{Condition, DefaultHeaders, from_fn},
    web,
};

use crate::{
    app::{SharedApp, upkeep},
    http::{request_log, routes, signals::StopSignals},
};

/// How long a stop waits for answers that are under way, in seconds.
const GRACE: u64 = 9;
/// How long a client may take to send the head of a request. What it may take for the body is `body`'s.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection may lie idle.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a client may take to close its end.
const DISCONNECT_PATIENCE: Duration = Duration::from_secs(2);

/// A server that is bound and has not begun to serve.
pub struct Bound {
    pub server: Server,
    pub handle: ServerHandle,
    pub addresses: Vec<SocketAddr>,
}

/// Opens the listening sockets of `listen`. `localhost` is 127.0.0.1 and, where there is one, ::1; with
/// port 0 both get the same free one.
pub fn listen(listen: &str) -> std::io::Result<Vec<TcpListener>> {
    let Some(port) = listen.strip_prefix("localhost:") else {
        return Ok(vec![bind(listen)?]);
    };
    let first = bind(&format!("127.0.0.1:{port}"))?;
    let port = first.local_addr()?.port();
    // A machine without IPv6 is served on IPv4 alone; a port that another program holds there is not ours.
    match bind(&format!("[::1]:{port}")) {
        Ok(second) => Ok(vec![first, second]),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(error),
        Err(_) => Ok(vec![first]),
    }
}

fn bind(address: &str) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves until a signal stops it. `ready` is called with the addresses once requests are taken.
pub fn run(
    app: SharedApp,
    listeners: Vec<TcpListener>,
    ready: impl FnOnce(&[SocketAddr]),
) -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        let bound = start(app, listeners, true)?;
        ready(&bound.addresses);
        bound.server.await?;
        tracing::info!("stopped");
        Ok(())
    })
}

/// Puts the application on the sockets. Must be called inside actix's runtime, whose end also ends the
/// work in the background.
pub fn start(
    app: SharedApp,
    listeners: Vec<TcpListener>,
    handle_signals: bool,
) -> std::io::Result<Bound> {
    let addresses = listeners
        .iter()
        .map(TcpListener::local_addr)
        .collect::<Result<_, _>>()?;
    let data = web::Data::from(app.clone());
    let mut server = HttpServer::new(move || {
        Service::new()
            .app_data(data.clone())
            .wrap(DefaultHeaders::new().add((header::X_CONTENT_TYPE_OPTIONS, "nosniff")))
            .wrap(Condition::new(
                request_log::is_wanted(),
                from_fn(request_log::line),
            ))
            .configure(routes::configure)
    })
    .workers(app.config.workers)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_PATIENCE)
    .client_disconnect_timeout(DISCONNECT_PATIENCE)
    .shutdown_timeout(GRACE)
    .disable_signals();
    for listener in listeners {
        server = server.listen(listener)?;
    }
    let server = server.run();
    if handle_signals {
        actix_web::rt::spawn(stop_on_signal(
            app.clone(),
            StopSignals::listen()?,
            server.handle(),
        ));
    }
    actix_web::rt::spawn(upkeep::run(app));
    Ok(Bound {
        handle: server.handle(),
        server,
        addresses,
    })
}

/// The first signal lets what is under way end; the second does not.
async fn stop_on_signal(app: SharedApp, mut signals: StopSignals, server: ServerHandle) {
    signals.next().await;
    app.begin_stop();
    tracing::info!(
        "stopping: what is under way has {GRACE} seconds to end, a second signal ends it"
    );
    tokio::select! {
        () = server.stop(true) => {}
        () = signals.next() => server.stop(false).await,
    }
}
