//! What each request means here: one file for each verb. A request either is carried out at once, or only asks the hub for something; then it
//! waits together with those behind it.

mod account;
mod create;
mod devices;
mod directory;
mod dm;
mod edit;
mod hello;
mod history;
mod join;
mod knock;
mod leave;
mod login;
mod logout;
mod members;
mod moderate;
mod page;
mod presence;
mod profile;
mod prove;
mod react;
mod read;
mod redact;
mod register;
mod resume;
mod room;
mod rooms;
mod say;
mod search;
mod send;
mod set;
mod set_password;
mod set_power;
mod set_profile;
mod subscription;
mod target;
mod typing;

use polylogue_core::{Refusal, RoomId};
use polylogue_hub::Receipt;
use polylogue_native::request::account::{Ping, Pong};
use polylogue_native::{Answer, Error, ErrorCode, Request, Sent, ServerMessage, Timestamp};

use crate::client::Client;
use crate::{names, refusal};

/// What a request comes to.
pub(crate) enum Step {
    /// The hub is to be asked for something.
    Ask(Asked),
    /// It was carried out: this is in its `ok`.
    Answer(Option<Answer>),
    /// It is answered by a message of its own kind, numbered or not.
    Reply(ServerMessage),
}

/// Something that the hub is to be asked for.
pub(crate) struct Asked {
    pub(crate) request: polylogue_hub::Request,
    pub(crate) about: About,
}

/// What a request to the hub is about, for its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    /// The room that it names.
    pub(crate) room: Option<RoomId>,
    /// What is in its `ok`.
    pub(crate) answer: Answered,
}

/// What is in the `ok` of a request that only asks the hub.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answered {
    /// Nothing.
    Done,
    /// The event that it made; without one it was so already.
    Sent,
    /// The event that it made, if it is kept.
    SentIfKept,
}

/// Whether a request only asks the hub for something, so that the ones behind it need not wait for its answer.
pub(crate) fn only_asks(request: &Request) -> bool {
    matches!(
        request,
        Request::Say(_)
            | Request::Dm(_)
            | Request::Edit(_)
            | Request::React(_)
            | Request::Redact(_)
            | Request::Send(_)
            | Request::Typing(_)
            | Request::Read(_)
    )
}

/// Whether a request may come before a login.
fn is_for_strangers(request: &Request) -> bool {
    matches!(
        request,
        Request::Hello(_)
            | Request::Ping(_)
            | Request::Pong(_)
            | Request::Register(_)
            | Request::Login(_)
            | Request::Resume(_)
    )
}

/// Carries a request out, as far as that goes without the hub's answer.
pub(crate) async fn step(client: &mut Client, request: Request) -> Result<Step, Error> {
    if client.greeted.is_none() && !matches!(request, Request::Hello(_)) {
        let message = format!("{:?} came before \"hello\"", request.type_name());
        return Err(Error::new(ErrorCode::HelloExpected, message));
    }
    if !is_for_strangers(&request) {
        client.session()?;
    }
    let answer = match request {
        Request::Hello(request) => return hello::greet(client, &request).map(Step::Reply),
        Request::Ping(Ping { token }) => {
            return Ok(Step::Reply(ServerMessage::Pong(Pong { token })));
        }
        Request::Pong(_) => None,
        Request::Register(request) => Some(register::register(client, request).await?),
        Request::Login(request) => Some(login::log_in(client, request).await?),
        Request::Resume(request) => Some(resume::resume(client, &request).await?),
        Request::Prove(request) => prove::prove(client, &request).await?,
        Request::Logout(request) => logout::log_out(client, &request).await?,
        Request::SetPassword(request) => set_password::set(client, &request).await?,
        Request::Devices(_) => Some(devices::list(client)?),
        Request::Profile(request) => Some(profile::show(client, request)?),
        Request::SetProfile(request) => set_profile::set(client, &request).await?,
        Request::SetPresence(request) => presence::set(client, request).await?,
        Request::Create(request) => Some(create::create(client, request).await?),
        Request::Join(request) => Some(join::join(client, request).await?),
        Request::Leave(request) => leave::leave(client, request).await?,
        Request::Knock(request) => knock::knock(client, request).await?,
        Request::Invite(request) => moderate::invite(client, request).await?,
        Request::Kick(request) => moderate::kick(client, request).await?,
        Request::Ban(request) => moderate::ban(client, request).await?,
        Request::Unban(request) => moderate::unban(client, request).await?,
        Request::Rooms(request) => Some(rooms::list(client, request).await?),
        Request::Directory(request) => Some(directory::list(client, request).await?),
        Request::Members(request) => Some(members::list(client, request).await?),
        Request::SetTopic(request) => Some(set::topic(client, request).await?),
        Request::SetName(request) => Some(set::name(client, request).await?),
        Request::SetPower(request) => Some(set_power::set(client, request).await?),
        Request::Say(request) => return say::say(client, request).await.map(Step::Ask),
        Request::Dm(request) => return dm::say(client, request).await.map(Step::Ask),
        Request::Edit(request) => return edit::edit(client, request).await.map(Step::Ask),
        Request::React(request) => return react::react(client, request).await.map(Step::Ask),
        Request::Redact(request) => return redact::redact(client, request).await.map(Step::Ask),
        Request::Send(request) => return send::send(client, request).await.map(Step::Ask),
        Request::Typing(request) => return typing::show(client, &request).map(Step::Ask),
        Request::Read(request) => return read::mark(client, &request).await.map(Step::Ask),
        Request::History(request) => Some(history::page(client, request).await?),
        Request::Search(request) => Some(search::find(client, &request).await?),
        Request::Subscribe(request) => Some(subscription::begin(client, &request).await?),
        Request::Unsubscribe(_) => subscription::end(client).await?,
    };
    Ok(Step::Answer(answer))
}

/// The answer to what the hub was asked for.
pub(crate) async fn answer(
    client: &Client,
    about: About,
    result: Result<Receipt, Refusal>,
) -> Result<Option<Answer>, Error> {
    let receipt = match result {
        Ok(receipt) => receipt,
        Err(refusal) => return Err(client.refused(about.room, &refusal).await),
    };
    match (about.answer, receipt.event) {
        (Answered::Done, _) | (Answered::SentIfKept, None) => Ok(None),
        (Answered::Sent, None) => Err(refusal::error(&Refusal::Unchanged)),
        (Answered::Sent | Answered::SentIfKept, Some(place)) => {
            let sealer = client.native.renderer.sealer();
            Ok(Some(Answer::Sent(Sent {
                event: names::event(sealer, place.position),
                room: names::room(sealer, place.room),
                time: Timestamp(place.at.0),
            })))
        }
    }
}

impl Client {
    /// Asks the hub for one thing at once.
    async fn ask_now(&self, asked: Asked) -> Result<Option<Answer>, Error> {
        let result = self.hub().submit(asked.request).await;
        answer(self, asked.about, result).await
    }

    /// A command about a room, answered by what `answer` says.
    fn about(
        &self,
        room: RoomId,
        command: polylogue_core::Command,
        answer: Answered,
    ) -> Result<Asked, Error> {
        let about = About {
            room: Some(room),
            answer,
        };
        let request = polylogue_hub::Request::new(self.session()?.actor(), command);
        Ok(Asked { request, about })
    }
}
