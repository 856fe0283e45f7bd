//! The daemon's life: opens the parts in order, tells the service manager, answers signals, and drains. It holds no state of its own and knows no protocol.

mod service_manager;

use std::fs::DirBuilder;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::time::Duration;

use polylogue_hub::{OpenError, Security};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use self::service_manager::ServiceManager;
use crate::config::Config;
use crate::control::Control;
use crate::frontends::Frontends;
use crate::house::{House, Identity};
use crate::listen::{Admission, Entrance, Listener, Patience, Protocol, Tasks};
use crate::tls::{CertificateError, Certificates};

/// How long sessions have for their farewell. With what comes before and after it, a stop stays below 10 s.
const DRAIN: Duration = Duration::from_secs(7);

/// Whether this is somebody's server or a developer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Passwords need TLS.
    Production,
    /// Plain listeners on loopback take passwords.
    Development,
}

impl Mode {
    fn plain(self) -> Security {
        match self {
            Self::Production => Security::Plain,
            Self::Development => Security::Development,
        }
    }
}

/// Where the daemon listens, in the order of the configuration.
pub type Addresses = Vec<(Protocol, SocketAddr)>;

/// What was bound, each with what stands behind it; and where.
type Open = (Vec<(Listener, Arc<Entrance>)>, Addresses);

/// Why the daemon did not start, or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An address, the data directory's path or a signal is not to be had.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// There is nothing to speak TLS with.
    #[error("tls.{key}: {0}", key = .0.key())]
    Certificate(#[from] CertificateError),
    /// The data directory cannot be opened.
    #[error("{0}")]
    Open(#[from] OpenError),
}

/// Runs a daemon until a signal ends it. `listening` is told the addresses once everything listens.
///
/// # Errors
/// When a part cannot be opened; those opened before are closed again.
pub async fn run(
    config: Config,
    mode: Mode,
    listening: impl FnOnce(&Addresses),
) -> Result<(), RunError> {
    let mut signals = Signals::new()?;
    let certificates = match config.listen.iter().any(|listener| listener.tls) {
        true => Some(Arc::new(Certificates::load(&config.tls)?)),
        false => None,
    };
    // Private from the start: the default mode would let others in until the first file is made.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.server.data_dir)
        .map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("{}: {error}", config.server.data_dir.display()),
            )
        })?;
    // The hub is opened on this thread: nothing else runs yet.
    let house = Arc::new(House::open(&config, Identity::Configured)?);
    let outcome = serve(
        &config,
        mode,
        &house,
        Run {
            certificates,
            signals: &mut signals,
            listening,
        },
    )
    .await;
    match Arc::into_inner(house) {
        Some(house) => house.stop(),
        // Only tasks that were awaited hold the house.
        None => error!("the data directory was not closed in order"),
    }
    outcome
}

/// What `serve` needs beside the configuration.
struct Run<'a, L> {
    certificates: Option<Arc<Certificates>>,
    signals: &'a mut Signals,
    listening: L,
}

async fn serve(
    config: &Config,
    mode: Mode,
    house: &Arc<House>,
    run: Run<'_, impl FnOnce(&Addresses)>,
) -> Result<(), RunError> {
    let frontends = Frontends::open(house, config);
    let (listeners, addresses) = open(config, mode, &frontends, run.certificates.as_ref())?;
    let control = Control::bind(&config.server.data_dir)?;
    let tasks = Tasks::default();
    for (listener, entrance) in listeners {
        info!(protocol = entrance.protocol.name(), address = %listener.address(), "listening");
        listener.serve(entrance, &tasks);
    }
    let stop_control = CancellationToken::new();
    let control = tokio::spawn(control.serve(Arc::clone(house), stop_control.clone()));
    let mut manager = ServiceManager::new();
    (run.listening)(&addresses);
    manager.ready();
    info!(server = config.server.name, "ready");

    attend(
        run.signals,
        run.certificates.as_deref(),
        &mut manager,
        house,
    )
    .await;

    manager.stopping();
    tasks.stop_accepting();
    frontends.stop();
    stop_control.cancel();
    info!(connections = tasks.running(), "stopping");
    tokio::select! {
        () = tasks.ended() => {}
        () = tokio::time::sleep(DRAIN) => warn!(connections = tasks.running(), "connections are cut"),
        _ = run.signals.stop.next() => warn!(connections = tasks.running(), "told again: connections are cut"),
    }
    tasks.cut();
    tasks.ended().await;
    if let Err(error) = control.await {
        error!(%error, "the control socket failed");
    }
    Ok(())
}

/// Binds every address of the configuration.
fn open(
    config: &Config,
    mode: Mode,
    frontends: &Frontends,
    certificates: Option<&Arc<Certificates>>,
) -> Result<Open, RunError> {
    let admission = Admission::new(config.limits.clone());
    let patience = Patience {
        header: Duration::from_secs(config.limits.proxy_header_seconds),
        handshake: Duration::from_secs(config.limits.tls_handshake_seconds),
    };
    let mut listeners = Vec::new();
    let mut addresses = Vec::new();
    for protocol in Protocol::ALL {
        let listening = config.listen.iter();
        for listener in listening.filter(|listener| listener.protocol == protocol) {
            let bound = Listener::bind(listener.address)?;
            addresses.push((protocol, bound.address()));
            let entrance = Entrance {
                protocol,
                frontend: frontends.serving(protocol, &listener.proxy),
                admission: Arc::clone(&admission),
                certificates: certificates.filter(|_| listener.tls).map(Arc::clone),
                proxy: listener.proxy.clone(),
                plain: mode.plain(),
                patience,
            };
            listeners.push((bound, Arc::new(entrance)));
        }
    }
    Ok((listeners, addresses))
}

/// Answers signals and the watchdog until it is time to stop.
async fn attend(
    signals: &mut Signals,
    certificates: Option<&Certificates>,
    manager: &mut ServiceManager,
    house: &House,
) {
    loop {
        tokio::select! {
            name = signals.stop.next() => {
                info!(signal = name, "told to stop");
                return;
            }
            _ = signals.reload.recv() => reload(certificates, house, manager),
            () = house.reload_wanted() => reload(certificates, house, manager),
            () = manager.watchdog() => {
                // A daemon that decides nothing is restarted: its silence says so.
                if house.is_alive() {
                    manager.alive();
                }
            }
        }
    }
}

/// Reads again what can be: for SIGHUP, and for operators who ask for it.
fn reload(certificates: Option<&Certificates>, house: &House, manager: &mut ServiceManager) {
    manager.reloading();
    house.reload();
    match certificates.map(Certificates::reload) {
        None => info!("nothing to reload: no listener speaks TLS"),
        Some(Ok(())) => info!("the certificate was read again"),
        Some(Err(error)) => error!(%error, "the old certificate stays in use"),
    }
    manager.ready();
}

/// The signals that the daemon answers.
struct Signals {
    stop: StopSignals,
    reload: Signal,
}

/// The signals that end it.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        let stop = StopSignals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        };
        Ok(Self {
            stop,
            reload: signal(SignalKind::hangup())?,
        })
    }
}

impl StopSignals {
    /// Waits for one and gives its name.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
