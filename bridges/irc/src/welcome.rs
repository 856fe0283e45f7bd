//! The first lines of a session: who it is, what the server can do, the message of the day, and the channels that it is in already.

use std::sync::Arc;

use bytes::BytesMut;
use polylogue_core::live::LiveSession;
use polylogue_core::room::Membership;
use polylogue_core::user::User;
use polylogue_irc::isupport::Isupport;
use polylogue_irc::{LineWriter, Middle, Numeric, Parameters, Trailing};

use crate::commands;
use crate::names;
use crate::render::{Scene, member};

/// The software's name and version, as `VERSION` and RPL_MYINFO tell.
pub(crate) const SOFTWARE: &str = concat!("polylogue-", env!("CARGO_PKG_VERSION"));

/// What every session is welcomed with.
#[derive(Debug)]
pub(crate) struct Welcome {
    server: Arc<str>,
    isupport: Isupport,
    motd: Option<Vec<String>>,
}

impl Welcome {
    pub(crate) fn new(server: Arc<str>, isupport: Isupport, motd: Option<String>) -> Self {
        let motd = motd.map(|text| {
            text.lines()
                .map(|line| line.chars().take(80).collect())
                .collect()
        });
        Self {
            server,
            isupport,
            motd,
        }
    }

    /// RFC 2812 section 5.1 (001 to 004), RPL_ISUPPORT, the message of the day, and the channels.
    pub(crate) fn write(&self, scene: &Scene<'_>, session: &LiveSession, out: &mut BytesMut) {
        let Some(name) = scene.name(session.user) else {
            return;
        };
        let nick = &name.nick;
        let greeting = format!(
            "Welcome to {}, {nick}!{}@{}",
            self.server, name.username, name.host
        );
        self.text((Numeric::RplWelcome, nick), &greeting, out);
        self.text(
            (Numeric::RplYourHost, nick),
            &format!("Your host is {}, running version {SOFTWARE}", self.server),
            out,
        );
        self.text(
            (Numeric::RplCreated, nick),
            "This server keeps its rooms since its first start",
            out,
        );
        let modes = |text: &'static str| Middle::new(text).unwrap_or(Middle::STAR);
        let line = self
            .numeric((Numeric::RplMyInfo, nick), out)
            .middle(names::echoed(&self.server))
            .middle(modes(SOFTWARE));
        let _ = line
            .middle(modes(commands::user_mode::LETTERS))
            .middle(modes("beIQklCKcimMnRsStqaohv"))
            .middle(modes("beIQklqaohv"))
            .end();
        self.write_isupport(nick, out);
        self.write_motd(nick, out);
        self.channels(scene, (session, None), out);
    }

    /// The RPL_ISUPPORT lines.
    pub(crate) fn write_isupport(&self, nick: &str, out: &mut BytesMut) {
        let server = Middle::new(&self.server).unwrap_or(Middle::STAR);
        let _ = self.isupport.write(out, server, names::echoed(nick));
    }

    /// The message of the day, or that there is none.
    pub(crate) fn write_motd(&self, nick: &str, out: &mut BytesMut) {
        let Some(motd) = &self.motd else {
            return self.text(
                (Numeric::ErrNoMotd, nick),
                "There is no message of the day",
                out,
            );
        };
        self.text(
            (Numeric::RplMotdStart, nick),
            &format!("- {} Message of the day - ", self.server),
            out,
        );
        for line in motd {
            self.text((Numeric::RplMotd, nick), &format!("- {line}"), out);
        }
        self.text((Numeric::RplEndOfMotd, nick), "End of /MOTD command", out);
    }

    /// JOIN, topic and names of every channel that the account is in.
    pub(crate) fn write_channels(
        &self,
        scene: &Scene<'_>,
        session: &LiveSession,
        out: &mut BytesMut,
    ) {
        let before = scene.before.state.user(session.user);
        self.channels(scene, (session, before.map(|user| &**user)), out);
    }

    fn channels(
        &self,
        scene: &Scene<'_>,
        (session, before): (&LiveSession, Option<&User>),
        out: &mut BytesMut,
    ) {
        let Some(user) = scene.world.state.user(session.user) else {
            return;
        };
        let Some(name) = scene.name(session.user) else {
            return;
        };
        for entry in user
            .rooms
            .iter()
            .filter(|entry| entry.membership == Membership::Join)
        {
            // Where he goes as he logs in, he is seen to come in.
            let comes_in =
                before.is_some_and(|before| !before.joined().any(|room| room == entry.room));
            if comes_in {
                continue;
            }
            let Some(room) = scene.world.state.room(entry.room) else {
                continue;
            };
            member::present(scene, (&room.state, &name), out);
        }
    }

    fn text(&self, (numeric, nick): (Numeric, &str), text: &str, out: &mut BytesMut) {
        let _ = self
            .numeric((numeric, nick), out)
            .trailing(&Trailing::lossy(text));
    }

    fn numeric<'b>(
        &self,
        (numeric, nick): (Numeric, &str),
        out: &'b mut BytesMut,
    ) -> Parameters<'b> {
        let server = Middle::new(&self.server).unwrap_or(Middle::STAR);
        LineWriter::new(out).numeric(server, numeric, names::echoed(nick))
    }
}
