//! The `[[operator]]` tables: who may become a server operator. Reading the files is done where the hub is opened.

use std::path::PathBuf;

use polylogue_hub::is_password_hash;
use serde::{Deserialize, Serialize};

/// A server operator. He needs an account for talking, not for this.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operator {
    /// The name for `OPER`, one word.
    pub name: String,
    /// The hash of his password, as `polylogue hash-password` prints it.
    pub password_hash: String,
    /// In place of the hash, a file with the hash as its first line.
    pub password_file: PathBuf,
}

impl Operator {
    /// The keys whose value cannot work, each with what was expected.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if !(1..=64).contains(&self.name.len())
            || !self.name.bytes().all(|byte| byte.is_ascii_graphic())
        {
            problems.push((
                "name",
                "expected one word of at most 64 printable ASCII characters".to_owned(),
            ));
        }
        match (
            self.password_hash.is_empty(),
            self.password_file.as_os_str().is_empty(),
        ) {
            (true, true) | (false, false) => problems.push((
                "password_hash",
                "expected either this or password_file".to_owned(),
            )),
            (false, true) if !is_password_hash(&self.password_hash) => problems.push((
                "password_hash",
                "expected what `polylogue hash-password` prints, \"$argon2id$...\"".to_owned(),
            )),
            (false, true) | (true, false) => {}
        }
        problems
    }

    /// The hash, from the table or from its file.
    ///
    /// # Errors
    /// When the file cannot be read or holds no hash.
    pub fn hash(&self) -> std::io::Result<String> {
        if !self.password_hash.is_empty() {
            return Ok(self.password_hash.clone());
        }
        let text = std::fs::read_to_string(&self.password_file)?;
        let hash = text.lines().next().unwrap_or_default().trim();
        if is_password_hash(hash) {
            Ok(hash.to_owned())
        } else {
            Err(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                "its first line is not what `polylogue hash-password` prints",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$QCmSsZ4A0vPrGQ7nJYzjL3cS3ywcVaeEKzOOl0EHJBA";

    #[test]
    fn a_name_and_one_hash() {
        let check = |name: &str, hash: &str, file: &str, expected: &[&str]| {
            let operator = Operator {
                name: name.to_owned(),
                password_hash: hash.to_owned(),
                password_file: file.into(),
            };
            let keys: Vec<_> = operator
                .problems()
                .into_iter()
                .map(|(key, _)| key)
                .collect();
            assert_eq!(keys, expected, "{name} {hash} {file}");
        };
        check("op", HASH, "", &[]);
        check("op", "", "/etc/polylogue/op", &[]);
        check("op", HASH, "/etc/polylogue/op", &["password_hash"]);
        check("op", "", "", &["password_hash"]);
        check("op", "secret", "", &["password_hash"]);
        check("two words", HASH, "", &["name"]);
        check("", HASH, "", &["name"]);
    }
}
