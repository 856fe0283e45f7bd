//! The log: one line per event on standard error, for a terminal or for systemd's journal. It decides where and how; what is logged, and that it holds no secret, is up to each part.

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::SystemTime;

/// The `[log]` table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What is logged: a level (`error`, `warn`, `info`, `debug`, `trace`) or directives such as `info,polylogue_hub=debug`.
    pub filter: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
        }
    }
}

impl Config {
    /// The keys whose value cannot work, each with what was expected.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        match EnvFilter::try_new(&self.filter) {
            Ok(_) => Vec::new(),
            Err(error) => vec![(
                "filter",
                format!(
                    "expected a level or directives such as \"info,polylogue_hub=debug\": {error}"
                ),
            )],
        }
    }
}

/// Starts the log of this process.
///
/// # Errors
/// When the filter cannot be read, or the process has a log already.
pub fn start(config: &Config) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let filter = EnvFilter::try_new(&config.filter)?;
    let format = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // The journal has its own clock and shows no colours (systemd.exec(5), JOURNAL_STREAM).
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        format.without_time().with_ansi(false).try_init()
    } else {
        format
            .with_timer(SystemTime)
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .try_init()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        for (filter, sound) in [
            ("info", true),
            ("info,polylogue_hub=debug", true),
            ("off", true),
            ("polylogue=loud", false),
            ("a=b=c", false),
        ] {
            assert_eq!(
                Config {
                    filter: filter.to_owned()
                }
                .problems()
                .is_empty(),
                sound,
                "{filter}"
            );
        }
    }
}
