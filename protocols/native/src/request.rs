//! What a client may ask. Each request's fields are in the module of its subject; which of them a session may ask when is for the server.

pub mod account;
pub mod room;
pub mod speech;
pub mod stream;

use account::{
    Devices, GetProfile, Hello, Login, Logout, Ping, Pong, Prove, Register, Resume, SetPassword,
    SetPresence, SetProfile,
};
use room::{
    Create, Directory, Join, Knock, Leave, ListMembers, ListRooms, Moderate, SetName, SetPower,
    SetTopic,
};
use speech::{Dm, Edit, React, Redact, Say, SendEvent};
use stream::{FindEvents, GetHistory, MarkRead, Subscribe, Typing, Unsubscribe};

use crate::limits;
use crate::message::messages;

messages! {
    /// A client's frame, by its `type`.
    Request, limits::REQUEST_DEPTH, {
        /// Say who you are; always first.
        Hello(Hello) = "hello",
        /// Are you there?
        Ping(Ping) = "ping",
        /// I am.
        Pong(Pong) = "pong",
        /// Make an account.
        Register(Register) = "register",
        /// Log in by password.
        Login(Login) = "login",
        /// Log in by token.
        Resume(Resume) = "resume",
        /// Show the password again.
        Prove(Prove) = "prove",
        /// End a credential.
        Logout(Logout) = "logout",
        /// Change the password.
        SetPassword(SetPassword) = "set_password",
        /// List the account's credentials.
        Devices(Devices) = "devices",
        /// See a profile.
        Profile(GetProfile) = "profile",
        /// Change your profile.
        SetProfile(SetProfile) = "set_profile",
        /// Show as online, away or offline.
        SetPresence(SetPresence) = "set_presence",
        /// Make a room.
        Create(Create) = "create",
        /// Go into a room.
        Join(Join) = "join",
        /// Go out of a room.
        Leave(Leave) = "leave",
        /// Ask to be let in.
        Knock(Knock) = "knock",
        /// Ask somebody in.
        Invite(Moderate) = "invite",
        /// Put somebody out, or take his invitation back.
        Kick(Moderate) = "kick",
        /// Shut somebody out.
        Ban(Moderate) = "ban",
        /// Let somebody come again.
        Unban(Moderate) = "unban",
        /// List your rooms.
        Rooms(ListRooms) = "rooms",
        /// List the public rooms.
        Directory(Directory) = "directory",
        /// List who is in a room.
        Members(ListMembers) = "members",
        /// Change a topic.
        SetTopic(SetTopic) = "set_topic",
        /// Change a room's name.
        SetName(SetName) = "set_name",
        /// Change power levels.
        SetPower(SetPower) = "set_power",
        /// Say something in a room.
        Say(Say) = "say",
        /// Say something to a user.
        Dm(Dm) = "dm",
        /// Change what you said.
        Edit(Edit) = "edit",
        /// React to something.
        React(React) = "react",
        /// Take something away.
        Redact(Redact) = "redact",
        /// Send content of any type.
        Send(SendEvent) = "send",
        /// See what happened.
        History(GetHistory) = "history",
        /// Find what was said.
        Search(FindEvents) = "search",
        /// See what happens.
        Subscribe(Subscribe) = "subscribe",
        /// See no more.
        Unsubscribe(Unsubscribe) = "unsubscribe",
        /// Show that you type.
        Typing(Typing) = "typing",
        /// Mark as read.
        Read(MarkRead) = "read",
    }
}
