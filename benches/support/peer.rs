//! The servers that are compared: the daemon, the load generator's bare server, and other IRC servers where they are installed, with their limits
//! lifted. It puts no load on them.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Outcome;
use super::daemon::Daemon;
use super::ircload::Ircload;
use super::process::Process;

/// How long a server may take until it listens.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked whether it does.
const LOOK: Duration = Duration::from_millis(20);

/// A server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Ours.
    Polylogue,
    /// Ours, over TLS.
    PolylogueTls,
    /// The bare server.
    Bare,
    /// InspIRCd 3.
    Inspircd,
    /// ngIRCd.
    Ngircd,
}

/// A running server, in a folder of its own.
pub struct Running {
    server: Server,
    home: TempDir,
}

enum Server {
    Daemon(Daemon),
    Other(Process, u16),
}

impl Running {
    /// Its port and process number.
    pub fn target(&self) -> (u16, u32) {
        match &self.server {
            Server::Daemon(daemon) => (daemon.irc, daemon.process.pid()),
            Server::Other(process, port) => (*port, process.pid()),
        }
    }

    /// Its folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }
}

impl Peer {
    /// Those to compare on equal terms that are here.
    pub fn all() -> Vec<Self> {
        let foreign = [Self::Inspircd, Self::Ngircd].into_iter();
        [Self::Polylogue, Self::Bare]
            .into_iter()
            .chain(foreign.filter(|peer| peer.program().is_some()))
            .collect()
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Polylogue => "polylogue",
            Self::PolylogueTls => "polylogue, TLS",
            Self::Bare => "bare",
            Self::Inspircd => "inspircd",
            Self::Ngircd => "ngircd",
        }
    }

    /// Starts it and waits until it listens.
    pub fn start(self, ircload: &Ircload) -> Outcome<Running> {
        let home = TempDir::with_prefix("polylogue-bench-")?;
        let server = match self {
            Self::Polylogue => Server::Daemon(Daemon::development(home.path())?),
            Self::PolylogueTls => Server::Daemon(Daemon::secure(home.path())?),
            Self::Bare | Self::Inspircd | Self::Ngircd => {
                let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
                    .local_addr()?
                    .port();
                let mut process = match self.program() {
                    None => ircload.bare_server(port)?,
                    Some(program) => {
                        Process::start(&mut self.foreign(&program, home.path(), port)?)?
                    }
                };
                wait(&mut process, port).map_err(|error| format!("{}: {error}", self.name()))?;
                Server::Other(process, port)
            }
        };
        Ok(Running { server, home })
    }

    /// Where a foreign server is installed: often not on the path of ordinary users.
    fn program(self) -> Option<PathBuf> {
        match self {
            Self::Inspircd | Self::Ngircd => {}
            Self::Polylogue | Self::PolylogueTls | Self::Bare => return None,
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
            .map(|folder| folder.join(self.name()))
            .find(|program| program.is_file())
    }

    /// The command that starts a foreign server in the foreground on this port.
    fn foreign(self, program: &Path, home: &Path, port: u16) -> Outcome<Command> {
        let file = home.join("server.conf");
        let mut command = Command::new(program);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let text = if self == Self::Inspircd {
            command.args(["--nofork", "--nopid"]);
            command.arg(format!("--config={}", file.display()));
            if rustix::process::geteuid().is_root() {
                command.arg("--runasroot");
            }
            inspircd(home, port)
        } else {
            command.arg("-n").arg("-f").arg(&file);
            ngircd(port)
        };
        std::fs::write(file, text)?;
        Ok(command)
    }
}

/// Waits until somebody listens on a port.
fn wait(process: &mut Process, port: u16) -> Outcome<()> {
    let begin = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if let Some(status) = process.child().try_wait()? {
            return Err(format!("ended with {status}").into());
        }
        if begin.elapsed() > PATIENCE {
            return Err("does not listen".into());
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// InspIRCd's configuration: no flood control, no look-ups, room for every connection and everything that waits for one.
fn inspircd(home: &Path, port: u16) -> String {
    let home = home.display();
    format!(
        r#"<path configdir="{home}" datadir="{home}" logdir="{home}" runtimedir="{home}">
<server name="irc.bench.test" description="bench" network="Bench" id="1BN">
<admin name="bench" nick="bench" email="bench@bench.test">
<bind address="127.0.0.1" port="{port}" type="clients">
<connect name="all" allow="*" maxchans="200" timeout="60" pingfreq="10m" hardsendq="1G" softsendq="1G" recvq="1G"
 threshold="1000000" commandrate="1000000000" fakelag="no" localmax="1000000" globalmax="1000000" maxconnwarn="no"
 resolvehostnames="no" useident="no" limit="1000000">
<performance netbuffersize="65534" somaxconn="4096" softlimit="1000000" clonesonconnect="no" quietbursts="yes">
<options defaultmodes="nt" serverpingfreq="10m" defaultbind="ipv4">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{home}/log">
<dns timeout="1" server="127.0.0.1">
"#
    )
}

/// ngIRCd's configuration, to the same effect.
fn ngircd(port: u16) -> String {
    format!(
        "[Global]\nName = irc.bench.test\nInfo = bench\nListen = 127.0.0.1\nPorts = {port}\nMotdPhrase = bench\n\
         [Limits]\nIdleTimeout = 0\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxNickLength = 20\n\
         MaxPenaltyTime = 0\nPingTimeout = 600\nPongTimeout = 60\n\
         [Options]\nDNS = no\nIdent = no\nPAM = no\n"
    )
}
