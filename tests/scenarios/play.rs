//! Reads a play and performs it. It knows the steps and who is on stage; what is sent and awaited is the play's.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::irc::Identity;
use crate::support::matrix::Matrix;
use crate::support::pattern::fill;
use crate::support::{Bindings, Failure, Irc, Native, Outcome, Server, notation};

/// The first step of a play whose server has a configuration: the name of its file.
const CONFIGURED: &str = "the server has ";

/// Performs the play of this name, from its first line to the last.
pub fn perform(name: &str) -> Outcome<()> {
    let path = format!("tests/scenarios/{name}.play");
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path))?;
    perform_text(&path, &text)
}

fn perform_text(path: &str, text: &str) -> Outcome<()> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim()));
    let steps: Vec<_> = lines
        .filter(|(_, line)| !line.is_empty() && *line != "#" && !line.starts_with("# "))
        .collect();
    if steps.is_empty() {
        return Err(Failure::new(format!("{path}: nothing happens in it")));
    }
    let server = match steps.first() {
        Some((_, line)) if line.starts_with(CONFIGURED) => {
            let file = line.strip_prefix(CONFIGURED).unwrap_or_default();
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
            Server::developed(&std::fs::read_to_string(folder.join(file))?)
        }
        Some(_) | None => Server::start(),
    };
    let mut stage = Stage {
        server,
        actors: BTreeMap::new(),
        accounts: Vec::new(),
        bindings: Bindings::new(),
    };
    for (number, line) in steps {
        if let Err(failure) = stage.step(line) {
            return Err(Failure::new(format!(
                "{path}:{number}: {line}\n{failure}{}",
                stage.refusals()
            )));
        }
    }
    Ok(())
}

/// A server and who talks to it.
struct Stage {
    server: Server,
    actors: BTreeMap<String, Actor>,
    accounts: Vec<String>,
    bindings: Bindings,
}

/// Somebody, how he comes, and his connection while he has one.
struct Actor {
    account: String,
    standing: Standing,
    wishes: Vec<String>,
    connection: Connection,
    /// He has disconnected, and stays away until he comes back.
    away: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Account,
    Guest,
}

enum Connection {
    Irc(Box<Irc>),
    Native(Box<Native>),
    Matrix(Box<Matrix>),
}

impl Stage {
    fn step(&mut self, line: &str) -> Outcome<()> {
        match line {
            "restart the server" => {
                self.server.stop();
                return self.everybody_comes_back();
            }
            "kill the server" => {
                self.server.kill();
                return self.everybody_comes_back();
            }
            _ if line.starts_with(CONFIGURED) => return Ok(()),
            _ => {}
        }
        let (who, does) = line.split_once(' ').ok_or_else(|| not_a_step(line))?;
        match does.split_once(' ').unwrap_or((does, "")) {
            ("via", how) => self.enter(who, how),
            ("joins", room) => self.join(who, room),
            ("sends", what) => self.send(who, what),
            ("gets", what) => self.get(who, what),
            ("sees", what) => self.see(who, what),
            ("disconnects", "") => self.disconnect(who),
            ("comes", "back") => self.come_back(who),
            _ => Err(not_a_step(line)),
        }
    }

    fn enter(&mut self, who: &str, how: &str) -> Outcome<()> {
        let (how, wishes) = how.split_once(" with ").unwrap_or((how, ""));
        let (protocol, standing) = match how.split_once(' ') {
            None => (how, Standing::Account),
            Some((protocol, "as guest")) => (protocol, Standing::Guest),
            Some(_) => {
                return Err(Failure::new(
                    "actors come `via PROTOCOL [as guest] [with CAPABILITY ...]`",
                ));
            }
        };
        let account = who.split('/').next().unwrap_or(who).to_owned();
        let wishes: Vec<_> = wishes.split_whitespace().map(str::to_owned).collect();
        let is_new = standing == Standing::Account && !self.accounts.contains(&account);
        if is_new {
            self.accounts.push(account.clone());
        }
        let native = self.server.native();
        let connection = match (protocol, standing) {
            ("irc", _) => {
                if is_new {
                    Native::hello(native, &[])?.register(&account)?;
                }
                Connection::Irc(Box::new(self.irc(&account, standing, &wishes)?))
            }
            ("native", Standing::Account) => {
                let mut client = Native::hello(native, &wishes)?;
                if is_new {
                    client.register(&account)?;
                } else {
                    client.login(&account)?;
                }
                client.subscribe("now")?;
                Connection::Native(Box::new(client))
            }
            ("matrix", Standing::Account) if wishes.is_empty() => {
                let mut client = match is_new {
                    true => Matrix::register(self.server.http(), &account)?,
                    false => Matrix::login(self.server.http(), &account)?,
                };
                client.sync(self.server.http())?;
                Connection::Matrix(Box::new(client))
            }
            ("native" | "matrix", _) => {
                return Err(Failure::new(
                    "guests are on irc only, and nothing is asked for on matrix",
                ));
            }
            _ => {
                return Err(Failure::new(format!(
                    "nobody speaks {protocol} here: irc, native, matrix"
                )));
            }
        };
        let actor = Actor {
            account,
            standing,
            wishes,
            connection,
            away: false,
        };
        match self.actors.insert(who.to_owned(), actor) {
            None => Ok(()),
            Some(_) => Err(Failure::new(format!("{who} is here already"))),
        }
    }

    fn irc(&self, account: &str, standing: Standing, wishes: &[String]) -> Outcome<Irc> {
        let identity = Identity {
            nick: account.to_owned(),
            account: (standing == Standing::Account).then(|| account.to_owned()),
            capabilities: wishes.to_vec(),
        };
        Irc::login(self.server.irc(), &identity)
    }

    fn actor(&mut self, who: &str) -> Outcome<&mut Actor> {
        self.actors
            .get_mut(who)
            .ok_or_else(|| Failure::new(format!("nobody here is called {who}")))
    }

    fn join(&mut self, who: &str, room: &str) -> Outcome<()> {
        let room = fill(room, &self.bindings);
        match &mut self.actor(who)?.connection {
            Connection::Irc(irc) => {
                irc.send(&format!("JOIN {room}"))?;
                irc.expect(&format!(":* 366 * {room} *")).map(drop)
            }
            Connection::Native(native) => {
                native.ask(json!({"type": "join", "room": room})).map(drop)
            }
            Connection::Matrix(matrix) => matrix.join(&room),
        }
    }

    fn send(&mut self, who: &str, what: &str) -> Outcome<()> {
        let what = fill(what, &self.bindings);
        match &mut self.actor(who)?.connection {
            Connection::Irc(irc) => irc.send(&control_characters(&what)?),
            Connection::Native(native) => native.request(read_json(&what)?).map(drop),
            Connection::Matrix(matrix) => match what.split_once(' ') {
                Some((method @ ("GET" | "PUT" | "POST" | "DELETE"), rest)) => {
                    let (path, body) = rest.split_once(' ').unwrap_or((rest, ""));
                    let body = (!body.is_empty()).then(|| read_json(body)).transpose()?;
                    matrix.request((method, path), body.as_ref()).map(drop)
                }
                _ => matrix.send(&notation::event(&what)?),
            },
        }
    }

    fn get(&mut self, who: &str, what: &str) -> Outcome<()> {
        let nothing = what.strip_prefix("nothing of ");
        if nothing.is_some() {
            self.everything_is_done()?;
        }
        let mut bindings = self.bindings.clone();
        match (&mut self.actor(who)?.connection, nothing) {
            (Connection::Irc(irc), Some(what)) => {
                irc.expect_nothing(&control_characters(what)?, &mut bindings)
            }
            (Connection::Irc(irc), None) => irc
                .expect_bound(&control_characters(what)?, &mut bindings)
                .map(drop),
            (Connection::Matrix(matrix), None) => {
                let pattern = match what.starts_with('{') {
                    true => read_json(what)?,
                    false => json!({ "errcode": what }),
                };
                matrix.expect_answer(&pattern, &mut bindings)
            }
            (Connection::Matrix(_), Some(_)) => Err(Failure::new("each request has an answer")),
            (Connection::Native(_), _) => Err(Failure::new("on native one `sees {...}`")),
        }?;
        self.bindings = bindings;
        Ok(())
    }

    fn see(&mut self, who: &str, what: &str) -> Outcome<()> {
        let nothing = what.strip_prefix("nothing of ");
        if nothing.is_some() {
            self.everything_is_done()?;
        }
        let what = nothing.unwrap_or(what);
        let mut bindings = self.bindings.clone();
        match &mut self.actor(who)?.connection {
            Connection::Native(native) => {
                let pattern = read_json(what)?;
                match nothing {
                    Some(_) => native.expect_nothing(&pattern, &mut bindings),
                    None => native.expect(&pattern, &mut bindings).map(drop),
                }
            }
            Connection::Matrix(matrix) => {
                let mut pattern = notation::event(&fill(what, &bindings))?;
                if let Some(room) = pattern["room_id"].as_str() {
                    pattern["room_id"] = matrix.room_id(room)?.into();
                }
                match nothing {
                    Some(_) => matrix.expect_nothing(&pattern, &mut bindings),
                    None => matrix.expect(&pattern, &mut bindings).map(drop),
                }
            }
            Connection::Irc(_) => Err(Failure::new("on irc one `gets LINE`")),
        }?;
        self.bindings = bindings;
        Ok(())
    }

    /// What IRC actors sent is done, and was told to everybody: a reply comes after what it follows from.
    fn everything_is_done(&mut self) -> Outcome<()> {
        for actor in self.actors.values_mut() {
            if let Connection::Irc(irc) = &mut actor.connection
                && !irc.has_ended()
            {
                irc.settle()?;
            }
        }
        Ok(())
    }

    /// What programs were refused and did not look at: it may explain why something else did not come.
    fn refusals(&self) -> String {
        let mut text = String::new();
        for (who, actor) in &self.actors {
            match &actor.connection {
                Connection::Native(native) => native
                    .unread_errors()
                    .iter()
                    .for_each(|refusal| text.push_str(&format!("\n    ({who} got {refusal})"))),
                Connection::Matrix(matrix) => matrix
                    .unread_errors()
                    .for_each(|refusal| text.push_str(&format!("\n    ({who} got {refusal:?})"))),
                Connection::Irc(_) => {}
            }
        }
        text
    }

    fn disconnect(&mut self, who: &str) -> Outcome<()> {
        let actor = self.actor(who)?;
        actor.away = true;
        match &mut actor.connection {
            Connection::Irc(irc) => irc.disconnect(),
            Connection::Native(native) => native.disconnect(),
            Connection::Matrix(matrix) => matrix.disconnect(),
        }
        Ok(())
    }

    fn come_back(&mut self, who: &str) -> Outcome<()> {
        let (address, http) = (self.server.native(), self.server.http());
        let actor = self.actor(who)?;
        actor.away = false;
        let (account, standing, wishes) =
            (actor.account.clone(), actor.standing, actor.wishes.clone());
        let connection = match &mut actor.connection {
            Connection::Irc(irc) => {
                irc.disconnect();
                Connection::Irc(Box::new(self.irc(&account, standing, &wishes)?))
            }
            Connection::Native(native) => {
                native.disconnect();
                let mut client = Native::hello(address, &wishes)?;
                client.resume(native.token.as_deref().unwrap_or_default())?;
                client.subscribe(native.cursor().as_deref().unwrap_or("now"))?;
                Connection::Native(Box::new(client))
            }
            Connection::Matrix(matrix) => return matrix.resume(http),
        };
        self.actor(who)?.connection = connection;
        Ok(())
    }

    fn everybody_comes_back(&mut self) -> Outcome<()> {
        self.server.start_again();
        let here = self.actors.iter().filter(|(_, actor)| !actor.away);
        let names: Vec<_> = here.map(|(name, _)| name.clone()).collect();
        names.iter().try_for_each(|who| self.come_back(who))
    }
}

fn not_a_step(line: &str) -> Failure {
    Failure::new(format!(
        "this is not a step: {line:?}. tests/scenarios.rs lists them"
    ))
}

fn read_json(text: &str) -> Outcome<Value> {
    serde_json::from_str(text).map_err(|error| Failure::new(format!("{error}: {text}")))
}

/// A text in which `\x02` stands for that character.
fn control_characters(text: &str) -> Outcome<String> {
    let mut parts = text.split("\\x");
    let mut read = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(u8::is_ascii_control);
        let code = code.ok_or_else(|| {
            Failure::new("`\\x` and two hexadecimal digits stand for a control character")
        })?;
        read.push(char::from(code));
        read.push_str(part.get(2..).unwrap_or_default());
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_line() {
        let check = |text: &str, expected: &str| {
            let failure = perform_text("a.play", text).expect_err("it cannot succeed");
            assert!(failure.0.starts_with(expected), "{failure}");
        };
        check("# Nobody\n", "a.play: nothing happens in it");
        check(
            "# A guest\n\ndave via irc as guest\ndave dances\n",
            "a.play:4: dave dances\nthis is not a step",
        );
        check(
            "dave gets PING\n",
            "a.play:1: dave gets PING\nnobody here is called dave",
        );
        check(
            "dave via irc as guest\ndave sends VERSION\ndave gets nothing of * 351 *\n",
            "a.play:3: dave gets nothing of * 351 *\nthis came: ",
        );
    }

    #[test]
    fn control_characters_are_written_as_numbers() {
        assert_eq!(control_characters("a\\x02b"), Ok("a\u{2}b".to_owned()));
        assert!(control_characters("a\\x4g").is_err());
        assert!(control_characters("a\\x41").is_err());
    }
}
