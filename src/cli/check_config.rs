//! `polylogue check-config`: all mistakes of a configuration file at once, with their places, and hints.

use std::io::{self, Write};
use std::path::Path;

use super::{Failure, print};
use crate::config::{self, Checked, Problem, Shown};
use crate::tls::Certificates;

/// Prints what is wrong with a file; hints too.
pub fn run(path: &Path) -> Result<(), Failure> {
    let text = config::read(path).map_err(Failure::wrong)?;
    let mut checked = config::check(&text, &config::environment());
    look_at_files(&mut checked);
    let file = path.display().to_string();
    let show = |problem: &Problem| {
        Shown {
            problem,
            file: &file,
            text: &text,
        }
        .to_string()
    };
    let mut errors = io::stderr().lock();
    for problem in &checked.problems {
        let _ = writeln!(errors, "{}", show(problem));
    }
    for hint in &checked.hints {
        let _ = writeln!(errors, "hint: {}", show(hint));
    }
    match checked.problems.len() {
        0 => print(&format!("{file}: no mistakes\n")),
        1 => Err(Failure::wrong(format!("{file}: 1 mistake"))),
        many => Err(Failure::wrong(format!("{file}: {many} mistakes"))),
    }
}

/// Looks at the files that the configuration names. One that is not there is a hint: the check may run on another machine, or before the certificate is made.
fn look_at_files(checked: &mut Checked) {
    let Some(config) = checked.config.clone() else {
        return;
    };
    if config.listen.iter().any(|listener| listener.tls)
        && config.tls.problems().is_empty()
        && let Err(error) = Certificates::load(&config.tls)
    {
        let found = checked.problem((format!("tls.{}", error.key()), error.to_string()));
        if error.is_absent() {
            &mut checked.hints
        } else {
            &mut checked.problems
        }
        .push(found);
    }
    let motd = &config.server.motd_file;
    if !motd.as_os_str().is_empty()
        && let Err(error) = std::fs::read_to_string(motd)
    {
        of_file(checked, ("server.motd_file", motd), &error);
    }
    if let Err(error) = config.registration.tokens_of_file() {
        let path = config.registration.tokens_file.as_path();
        of_file(checked, ("registration.tokens_file", path), &error);
    }
}

fn of_file(checked: &mut Checked, (key, path): (&str, &Path), error: &io::Error) {
    let text = format!("{}: {error}", path.display());
    let found = checked.problem((key.to_owned(), text));
    if error.kind() == io::ErrorKind::NotFound {
        &mut checked.hints
    } else {
        &mut checked.problems
    }
    .push(found);
}
