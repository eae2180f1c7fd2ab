//! Binds, serves, and stops gracefully.

use std::net::{SocketAddr, TcpListener};

use actix_web::{
    App as Service, HttpServer,
    dev::{Server, ServerHandle},
    http::header,
    middleware::DefaultHeaders,
    web,
};

use crate::{app::SharedApp, http::routes};

/// How long a stop waits for answers that are under way, in seconds.
const GRACE: u64 = 10;

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
        bound.server.await
    })
}

/// Puts the application on the sockets. Must be called inside actix's runtime.
pub fn start(
    app: SharedApp,
    listeners: Vec<TcpListener>,
    handle_signals: bool,
) -> std::io::Result<Bound> {
    let addresses = listeners
        .iter()
        .map(TcpListener::local_addr)
        .collect::<Result<_, _>>()?;
    let workers = app.config.workers;
    let data = web::Data::from(app);
    let mut server = HttpServer::new(move || {
        Service::new()
            .app_data(data.clone())
            .wrap(DefaultHeaders::new().add((header::X_CONTENT_TYPE_OPTIONS, "nosniff")))
            .configure(routes::configure)
    })
    .workers(workers)
    .shutdown_timeout(GRACE);
    if !handle_signals {
        server = server.disable_signals();
    }
    for listener in listeners {
        server = server.listen(listener)?;
    }
    let server = server.run();
    Ok(Bound {
        handle: server.handle(),
        server,
        addresses,
    })
}
