//! Reads the layers of a configuration and finds all that is wrong with them, each mistake with its place. It prints nothing and opens no file.

use std::collections::HashMap;
use std::ops::Range;

use ::config::{Environment, File, FileFormat};
use toml::de::DeTable;

use super::problem::{Place, Problem};
use super::{Config, spanned};

/// The prefix of the environment's variables.
const PREFIX: &str = "POLYLOGUE";

/// What became of a file and the environment.
pub struct Checked {
    /// The configuration, unless a mistake left a hole in it.
    pub config: Option<Config>,
    /// What must be changed before a start.
    pub problems: Vec<Problem>,
    /// What works but is probably not meant.
    pub hints: Vec<Problem>,
    /// Where the file's values stand, by full key.
    places: Vec<(String, Range<usize>)>,
    environment: HashMap<String, String>,
}

impl Checked {
    /// Where the value of a key comes from.
    #[must_use]
    pub fn place(&self, key: &str) -> Place {
        let variable = variable(key);
        if self.environment.contains_key(&variable) {
            return Place::Environment(variable);
        }
        // A value that the file leaves out is shown at the nearest table that would hold it.
        let mut key = key;
        loop {
            if let Some((_, span)) = self.places.iter().find(|(known, _)| known == key) {
                return Place::File(span.clone());
            }
            match key.rfind(['.', '[']).and_then(|end| key.get(..end)) {
                Some(parent) => key = parent,
                None => return Place::Default,
            }
        }
    }

    /// A problem with a key's value.
    #[must_use]
    pub fn problem(&self, (key, message): (String, String)) -> Problem {
        Problem {
            place: self.place(&key),
            key,
            message,
            suggestion: None,
        }
    }
}

/// Looks at a file's text and the variables of the environment.
#[must_use]
pub fn check(text: &str, environment: &HashMap<String, String>) -> Checked {
    let (table, faults) = DeTable::parse_recoverable(text);
    let places = spanned::places(table.get_ref());
    let mut checked = Checked {
        config: None,
        problems: Vec::new(),
        hints: Vec::new(),
        places,
        environment: environment.clone(),
    };
    if !faults.is_empty() {
        // What follows a mistake of syntax is often read wrongly: no second report of the same thing.
        checked.problems = faults
            .iter()
            .map(|fault| Problem {
                place: Place::File(fault.span().unwrap_or(0..0)),
                key: String::new(),
                message: fault.message().to_owned(),
                suggestion: None,
            })
            .collect();
        return checked;
    }
    let (file, faults) = spanned::read::<Config>(table);
    let Some(file) = file else {
        checked.problems = faults;
        in_order(&mut checked.problems);
        return checked;
    };
    if !faults.is_empty() {
        // The rest is looked at too; not the list of listeners, which is another one without those at fault, and not what has a default now in
        // place of what could not be read.
        let listeners = faults.iter().any(|fault| fault.key.starts_with("listen"));
        let is_known = |key: &str| {
            let entry = key
                .split_inclusive(']')
                .next()
                .filter(|it| it.len() < key.len());
            faults.iter().any(|fault| {
                fault.key == key || entry.is_some_and(|entry| fault.key.starts_with(entry))
            })
        };
        let found: Vec<_> = file
            .problems()
            .into_iter()
            .filter(|(key, _)| !(is_known(key) || listeners && key.starts_with("listen")))
            .collect();
        checked.problems = found
            .into_iter()
            .map(|found| checked.problem(found))
            .chain(faults)
            .collect();
        in_order(&mut checked.problems);
        return checked;
    }
    // The file alone can be read; what the layers say together may be wrong still.
    let config = match layered(text, environment) {
        Ok(config) => config,
        Err(error) => {
            checked.problems.push(Problem {
                place: Place::Environment(format!("{PREFIX}__\u{2026}")),
                key: String::new(),
                message: error.to_string(),
                suggestion: None,
            });
            file
        }
    };
    let found = config
        .problems()
        .into_iter()
        .map(|found| checked.problem(found))
        .collect::<Vec<_>>();
    checked.problems.extend(found);
    checked.hints = config
        .hints()
        .into_iter()
        .map(|found| checked.problem(found))
        .collect();
    in_order(&mut checked.problems);
    in_order(&mut checked.hints);
    checked.config = Some(config);
    checked
}

/// The variables of this process that belong to the configuration.
#[must_use]
pub fn environment() -> HashMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(&format!("{PREFIX}__")))
        .collect()
}

/// The variable that overrides a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}__{}", key.replace('.', "__").to_uppercase())
}

fn layered(
    text: &str,
    environment: &HashMap<String, String>,
) -> Result<Config, ::config::ConfigError> {
    ::config::Config::builder()
        .add_source(::config::Config::try_from(&Config::default())?)
        .add_source(File::from_str(text, FileFormat::Toml))
        .add_source(
            Environment::with_prefix(PREFIX)
                .prefix_separator("__")
                .separator("__")
                .source(Some(environment.clone().into_iter().collect())),
        )
        .build()?
        .try_deserialize()
}

fn in_order(problems: &mut [Problem]) {
    problems.sort_by_key(|problem| match &problem.place {
        Place::File(span) => span.start,
        Place::Environment(_) | Place::Default => usize::MAX,
    });
}
