//! The commands of a registered client: one verb, one file. This is the list.

mod admin;
pub(crate) mod authenticate;
pub(crate) mod away;
pub(crate) mod cap;
pub(crate) mod chathistory;
mod help;
mod info;
mod invite;
mod ison;
pub(crate) mod isupport;
mod join;
mod kick;
mod kill;
mod knock;
mod links;
mod list;
mod lusers;
mod markread;
pub(crate) mod message;
pub(crate) mod metadata;
pub(crate) mod mode;
mod monitor;
mod motd;
pub(crate) mod multiline;
mod names;
pub(crate) mod nick;
mod oper;
mod part;
pub(crate) mod ping;
pub(crate) mod quit;
mod redact;
pub(crate) mod register;
mod rehash;
mod rename;
mod sajoin;
mod samode;
mod sanick;
mod sapart;
mod search;
mod server_ban;
mod setname;
mod silence;
mod stats;
mod tagmsg;
mod time;
mod topic;
pub(crate) mod user_mode;
mod userhost;
mod userip;
mod version;
mod wallops;
pub(crate) mod webirc;
mod who;
mod whois;
mod whowas;

use polylogue_core::operator::OperatorCommand;
use polylogue_core::{Command, Refusal, Room, UserId};
use polylogue_hub::{Receipt, Request, Session};
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::{Client, Next};
use crate::names as written;
use crate::refusal::{self, About};
use crate::services;
use server_ban::Kind;

/// Runs a command.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the vocabulary of IRC is larger than what a server does"
)]
pub(crate) async fn run(client: &mut Client, message: &Message) -> Next {
    match message.verb() {
        Verb::Ping => ping::run(client, message).await,
        Verb::Pong => client.ponged(),
        Verb::Join => join::run(client, message).await,
        Verb::Part => part::run(client, message).await,
        Verb::Mode => mode::run(client, message).await,
        Verb::Who => who::run(client, message).await,
        Verb::Away => away::run(client, message).await,
        Verb::Chathistory => chathistory::run(client, message).await,
        Verb::Search => search::run(client, message).await,
        Verb::Cap => cap::run(client, message),
        Verb::Authenticate => authenticate::run(client, message).await,
        Verb::Nick => nick::run(client, message).await,
        Verb::Topic => topic::run(client, message).await,
        Verb::Names => names::run(client, message).await,
        Verb::List => list::run(client, message).await,
        Verb::Invite => invite::run(client, message).await,
        Verb::Kick => kick::run(client, message).await,
        Verb::Knock => knock::run(client, message).await,
        Verb::Whois => whois::run(client, message).await,
        Verb::Whowas => whowas::run(client, message),
        Verb::Ison => ison::run(client, message),
        Verb::Userhost => userhost::run(client, message),
        Verb::Userip => userip::run(client, message),
        Verb::Monitor => monitor::run(client, message),
        Verb::Motd => motd::run(client),
        Verb::Lusers => lusers::run(client),
        Verb::Version => version::run(client),
        Verb::Isupport => isupport::run(client),
        Verb::Stats => stats::run(client, message),
        Verb::Links => links::run(client, message),
        Verb::Time => time::run(client),
        Verb::Admin => admin::run(client),
        Verb::Info => info::run(client),
        Verb::Help | Verb::Helpop => help::run(client, message),
        Verb::Oper => oper::run(client, message).await,
        Verb::Kill => kill::run(client, message).await,
        Verb::Kline => server_ban::run(client, message, Kind::Users).await,
        Verb::Dline => server_ban::run(client, message, Kind::Addresses).await,
        Verb::Unkline => server_ban::lift(client, message, Kind::Users).await,
        Verb::Undline => server_ban::lift(client, message, Kind::Addresses).await,
        Verb::Wallops => wallops::run(client, message).await,
        Verb::Rehash => rehash::run(client).await,
        Verb::Sajoin => sajoin::run(client, message).await,
        Verb::Sapart => sapart::run(client, message).await,
        Verb::Sanick => sanick::run(client, message).await,
        Verb::Samode => samode::run(client, message).await,
        Verb::Silence => silence::run(client, message).await,
        Verb::Setname => setname::run(client, message).await,
        Verb::Markread => markread::run(client, message).await,
        Verb::Register => register::run(client, message).await,
        Verb::Verify => register::verify(client, message),
        Verb::Metadata => metadata::run(client, message).await,
        Verb::Redact => redact::run(client, message).await,
        Verb::Rename => rename::run(client, message).await,
        Verb::Quit => return quit::run(client, message),
        Verb::Batch => multiline::run(client, message).await,
        Verb::Privmsg | Verb::Notice | Verb::Tagmsg if multiline::is_part(client, message) => {
            multiline::add(client, message)
        }
        Verb::Privmsg
        | Verb::Notice
        | Verb::Tagmsg
        | Verb::Squery
        | Verb::Nickserv
        | Verb::Ns
        | Verb::Chanserv
        | Verb::Cs
        | Verb::Memoserv
        | Verb::Ms
        | Verb::Alis
            if services::is_command(message) =>
        {
            services::run(client, message).await
        }
        Verb::Privmsg | Verb::Notice if message::is_kept_back(client, message) => {}
        // Those without label were taken together before.
        Verb::Privmsg | Verb::Notice | Verb::Tagmsg => message::run(client, message).await,
        Verb::User | Verb::Pass => {
            client
                .replies
                .text(Numeric::ErrAlreadyRegistered, &[], "You may not reregister")
        }
        _ => client.replies.text(
            Numeric::ErrUnknownCommand,
            &[message.word()],
            "Unknown command",
        ),
    }
    Next::Continue
}

impl Client {
    /// Asks the hub for something on behalf of the session.
    pub(crate) async fn submit(&mut self, command: Command) -> Result<Receipt, Refusal> {
        let session = self.session.as_ref().ok_or(Refusal::Forbidden)?;
        session
            .hub()
            .submit(Request::new(session.actor(), command))
            .await
    }

    /// Asks, and tells the client if it was refused.
    async fn ask(&mut self, about: About<'_>, command: Command) -> Option<Receipt> {
        match self.submit(command).await {
            Ok(receipt) => Some(receipt),
            Err(refusal) => {
                refusal::tell(&mut self.replies, about, &refusal);
                None
            }
        }
    }

    /// Asks for what only operators do, tells the client if it was refused, and leaves a line in the log.
    async fn operate(
        &mut self,
        (about, what): (About<'_>, &str),
        command: OperatorCommand,
    ) -> Option<Receipt> {
        match self.try_operate((about, what), command).await {
            Ok(receipt) => Some(receipt),
            Err(refusal) => {
                refusal::tell(&mut self.replies, about, &refusal);
                None
            }
        }
    }

    /// The same, where the command itself tells what was refused.
    async fn try_operate(
        &mut self,
        (about, what): (About<'_>, &str),
        command: OperatorCommand,
    ) -> Result<Receipt, Refusal> {
        let session = self.session.as_ref().ok_or(Refusal::Forbidden)?;
        let what = format!("{} {} {what}", about.verb.word(), about.target);
        session.operate(command, &what).await
    }

    /// Whether this very session is a server operator's.
    fn is_operator(&self) -> bool {
        let world = self.world();
        let session = self.session.as_ref().map(Session::id);
        let session = session.and_then(|id| world.live.sessions.get(&id));
        session.is_some_and(|session| session.operator.is_some())
    }

    /// Tells the client something that no numeric says.
    fn notice(&mut self, text: &str) {
        let (target, text) = (self.replies.target(), polylogue_irc::Trailing::lossy(text));
        self.replies.server_line(Verb::Notice, |line| {
            line.middle(crate::reply::part(&target)).trailing(&text)
        });
    }

    /// A user that the client named, or the error that there is none.
    fn somebody(&mut self, nick: &str) -> Option<UserId> {
        let user = self.world().user_named(nick);
        if user.is_none() {
            self.replies
                .text(Numeric::ErrNoSuchNick, &[nick], "No such nick/channel");
        }
        user
    }

    /// A channel that the client named, or the error that there is none: he hears the same of one that he may not know of.
    async fn channel(&mut self, name: &str) -> Option<Room> {
        let found = self.known_channel(name).await;
        if found.is_none() {
            self.replies
                .text(Numeric::ErrNoSuchChannel, &[name], "No such channel");
        }
        found
    }

    /// The same, without a word about it.
    async fn known_channel(&self, name: &str) -> Option<Room> {
        let found = self.any_channel(name).await;
        found.filter(|room| room.state.is_known_to(self.user_id()))
    }

    /// The same, also of one that the client may not know of.
    async fn any_channel(&self, name: &str) -> Option<Room> {
        let room = written::room_named(&self.world(), name)?;
        self.irc.hub.room(room).await.ok()
    }

    /// A parameter that must be there, or the error that it is not.
    fn required<'m>(&mut self, message: &'m Message, index: usize) -> Option<&'m str> {
        let given = message.given(index);
        if given.is_none() {
            self.replies.text(
                Numeric::ErrNeedMoreParams,
                &[message.word()],
                "Not enough parameters",
            );
        }
        given
    }

    /// Whether a text is within its announced length; told if it is not. Nothing is cut.
    fn fits(&mut self, (what, text): (&str, &str), limit: usize) -> bool {
        let fits = text.len() <= limit;
        if !fits {
            let text = format!("{what} is longer than {limit} bytes");
            self.replies.text(Numeric::ErrInputTooLong, &[], &text);
        }
        fits
    }

    fn user_id(&self) -> UserId {
        self.session.as_ref().map_or(UserId::SERVER, Session::user)
    }
}
