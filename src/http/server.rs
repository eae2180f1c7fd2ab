//! Binds, serves, and stops gracefully.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    pin::pin,
    time::Duration,
};

use actix_web::{
    App as Service,
    dev::{Server, ServerHandle},
    http::header,
    middleware::{Condition, DefaultHeaders, from_fn},
    web,
};
use socket2::SockRef;

use crate::{
    app::{App, SharedApp, backups::Wanted, upkeep},
    concurrency::background::Background,
    http::{
        admin_api::stream::Live,
        connections::{self, Connections},
        documents::Documents,
        host, listener,
        openapi::{self, Description},
        request_log, routes,
        signals::{Signal, Signals, StopSignal},
        tls::Shown,
    },
    oauth::backchannel_logout,
};

/// Time that a stopping server waits for responses in progress, in seconds.
const GRACE: u64 = 9;
/// Send buffer of the system for each client, in bytes.
const SEND_BUFFER: usize = 128 * 1024;

/// A server that is bound and has not begun to serve.
pub struct Bound {
    pub server: Server,
    pub handle: ServerHandle,
    pub addresses: Vec<SocketAddr>,
    pub background: Background,
}

/// Opens the listening sockets of `listen`. `localhost` is 127.0.0.1 and, where there is one, ::1; with
/// port 0 both get the same free one.
pub fn listen(listen: &str) -> io::Result<Vec<TcpListener>> {
    let Some(port) = listen.strip_prefix("localhost:") else {
        return Ok(vec![bind(listen)?]);
    };
    let first = bind(&format!("127.0.0.1:{port}"))?;
    let port = first.local_addr()?.port();
    // A machine without IPv6 is served on IPv4 only; a port that another program uses there is not available.
    match bind(&format!("[::1]:{port}")) {
        Ok(second) => Ok(vec![first, second]),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        Err(_) => Ok(vec![first]),
    }
}

fn bind(address: &str) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    // Every connection has it from its listener.
    SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER)?;
    Ok(listener)
}

/// Two years (RFC 6797 §6.1): a server with an https issuer never serves this name without TLS.
const STRICT_TRANSPORT: (header::HeaderName, &str) =
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000");

/// Callbacks of a running server.
pub struct Hooks<R, H> {
    /// Called with the addresses when the server accepts requests. Its result is dropped when the server starts to
    /// stop.
    pub ready: R,
    /// Called on a thread of its own to reload the configuration file.
    pub reload: H,
}

/// Reason why a server stopped.
#[derive(Clone, Debug)]
pub enum Ended {
    /// To restart with a backup in place of the database. All requests have their response.
    ForRestore(Wanted),
    /// All requests have their response, or were timed out.
    Gracefully,
    /// A second signal did not wait for that.
    AtOnce(StopSignal),
    /// A thread of the store has ended: nothing more can be written.
    WithoutStore,
    /// A background task ended that must not. All requests have their response.
    WithoutTask(&'static str),
}

/// Serves until a signal, or the wish for a restore, stops it.
pub fn run<T>(
    app: SharedApp,
    listeners: Vec<TcpListener>,
    hooks: Hooks<impl FnOnce(&[SocketAddr]) -> io::Result<T>, impl Fn() + Clone + Send + 'static>,
) -> io::Result<Ended> {
    connections::require_descriptors(app.config.workers)?;
    actix_web::rt::System::new().block_on(async move {
        let mut signals = Signals::listen()?;
        let mut bound = start(app.clone(), listeners)?;
        let mut lost = None;
        let while_ready = (hooks.ready)(&bound.addresses)?;
        app.keep_keys();
        let mut server = pin!(bound.server);
        loop {
            tokio::select! {
                ended = &mut server => {
                    ended?;
                    write_counters(&app).await;
                    return Ok(Ended::Gracefully);
                }
                signal = signals.next() => match signal {
                    Signal::Reload => reload(hooks.reload.clone()).await,
                    Signal::Stop(_) => break,
                },
                () = app.backups.asked.notified() => break,
                () = app.store.ended() => return Ok(Ended::WithoutStore),
                task = bound.background.ended() => {
                    tracing::error!(task, "background work stopped unexpectedly; stopping the server so that it can \
                    be restarted");
                    lost = Some(task);
                    break;
                }
            }
        }
        let restore = app.backups.take_wanted();
        app.begin_stop();
        drop(while_ready);
        match &restore {
            Some(_) => tracing::info!("restarting to restore a backup"),
            None => tracing::info!(
                "shutting down; open requests have {GRACE} seconds, send the signal again to stop immediately"
            ),
        }
        // The command is sent when the future is created; awaiting it waits for the server to stop.
        let _graceful = bound.handle.stop(true);
        tokio::select! {
            ended = &mut server => {
                ended?;
                write_counters(&app).await;
                tracing::info!("stopped");
                Ok(match (lost, restore) {
                    (Some(task), _) => Ended::WithoutTask(task),
                    (None, Some(wanted)) => Ended::ForRestore(wanted),
                    (None, None) => Ended::Gracefully,
                })
            }
            signal = signals.next_stop() => Ok(Ended::AtOnce(signal)),
        }
    })
}

/// Counts since the last maintenance.
async fn write_counters(app: &App) {
    let written = async {
        app.counters.write(&app.store).await?;
        app.secret_use.write(&app.store).await
    };
    if let Err(error) = written.await {
        tracing::warn!(%error, "could not save the latest metrics");
    }
}

async fn reload(job: impl FnOnce() + Send + 'static) {
    if let Err(error) = tokio::task::spawn_blocking(job).await {
        tracing::error!(%error, "could not read the configuration file");
    }
}

/// Serves the application on the sockets. Must be called inside actix's runtime, whose end also ends the background
/// tasks. The caller handles signals.
pub fn start(app: SharedApp, listeners: Vec<TcpListener>) -> io::Result<Bound> {
    let addresses = listeners
        .iter()
        .map(TcpListener::local_addr)
        .collect::<Result<_, _>>()?;
    let data = web::Data::from(app.clone());
    let documents = web::Data::new(Documents::default());
    let description = web::Data::new(Description::of(routes::described));
    let live = web::Data::new(Live::default());
    let (is_https, is_dev) = (app.config.is_https(), app.config.is_dev());
    let application = move || {
        Service::new()
            .app_data(data.clone())
            .app_data(documents.clone())
            .app_data(description.clone())
            .app_data(live.clone())
            .wrap(DefaultHeaders::new().add((header::X_CONTENT_TYPE_OPTIONS, "nosniff")))
            .wrap(Condition::new(
                is_https,
                DefaultHeaders::new().add(STRICT_TRANSPORT),
            ))
            .wrap(Condition::new(is_dev, from_fn(host::this_machine_only)))
            .wrap(Condition::new(
                request_log::is_wanted(),
                from_fn(request_log::line),
            ))
            .configure(routes::configure)
    };
    let connections = Connections::new(
        connections::raise_descriptor_limit(),
        app.config.workers,
        app.config.trusted_proxies.clone(),
    );
    let mut server = Server::build()
        .workers(app.config.workers)
        .max_concurrent_connections(connections.most_of_worker())
        .shutdown_timeout(GRACE)
        .disable_signals();
    let shown = app
        .config
        .tls()
        .map(|files| Shown::load(&files))
        .transpose()?;
    for listener in listeners {
        let tls = shown.as_ref().map(Shown::server_config).transpose();
        server = listener::add(
            server,
            listener,
            tls.map_err(io::Error::other)?,
            connections.clone(),
            Duration::from_secs(app.config.keep_alive.0.into()),
            application.clone(),
        )?;
    }
    let server = server.run();
    let background = Background::default();
    if let Some(shown) = shown {
        shown.warn_of_refusal(app.now());
        background.spawn("TLS files", shown.watch(app.clock.clone()));
    }
    background.spawn("back-channel logout", backchannel_logout::run(app.clone()));
    background.spawn("upkeep", upkeep::run(app));
    Ok(Bound {
        handle: server.handle(),
        server,
        addresses,
        background,
    })
}

/// `/openapi.json` with all optional features, without the registered scopes.
pub fn description() -> serde_json::Result<serde_json::Value> {
    openapi::fixed(routes::described())
}
