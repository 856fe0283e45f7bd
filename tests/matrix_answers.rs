//! The answer of every Matrix endpoint, read with the types of ruma: each field that the client-server API requires is required there. What is
//! behind `{...}` in a request came in an answer before.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "matrix_answers/reader.rs"]
mod reader;
#[expect(dead_code, reason = "each test uses a part of it")]
mod support;

use reader::Reader;
use ruma::api::client::*;
use support::irc::Identity;
use support::{Irc, Native, Outcome, Server};

/// Bob, who reads. There are others.
fn bob(server: &Server) -> Outcome<Reader> {
    for other in ["alice", "carol", "dave"] {
        Native::hello(server.native(), &[])?.register(other)?;
    }
    Reader::register(server.http(), "bob")
}

#[test]
fn the_server_and_who_is_there() -> Outcome<()> {
    let server = Server::start();
    let mut bob = bob(&server)?;
    bob.reads::<discovery::get_supported_versions::Response>("GET ~/_matrix/client/versions", "")?;
    bob.reads::<discovery::get_capabilities::v3::Response>("GET /capabilities", "")?;
    bob.reads::<session::get_login_types::v3::Response>("GET /login", "")?;
    bob.is_challenged::<account::register::v3::Response>(
        "POST /register",
        r#"{"username":"frank","password":"the long password of frank"}"#,
    )?;
    bob.keep("session", "/session")?;
    bob.reads::<account::register::v3::Response>("POST /register", r#"{"username":"frank","password":"the long password of frank","auth":{"type":"m.login.dummy","session":"{session}"}}"#)?;
    bob.reads::<account::register::v3::Response>("POST /register", r#"{"username":"erin","password":"the long password of erin","inhibit_login":true,"auth":{"type":"m.login.dummy","session":"{session}"}}"#)?;
    bob.reads::<account::get_username_availability::v3::Response>(
        "GET /register/available?username=grace",
        "",
    )?;
    bob.reads::<account::check_registration_token_validity::v1::Response>(
        "GET ~/_matrix/client/v1/register/m.login.registration_token/validity?token=a",
        "",
    )?;
    bob.reads::<session::login::v3::Response>("POST /login", r#"{"type":"m.login.password","identifier":{"type":"m.id.user","user":"bob"},"password":"the long password of bob","device_id":"SECOND"}"#)?;
    bob.reads::<session::login::v3::Response>("POST /login", r#"{"type":"m.login.password","identifier":{"type":"m.id.user","user":"bob"},"password":"the long password of bob","device_id":"THIRD"}"#)?;
    bob.is_challenged::<session::get_login_token::v1::Response>(
        "POST ~/_matrix/client/v1/login/get_token",
        "{}",
    )?;
    bob.reads::<session::get_login_token::v1::Response>("POST ~/_matrix/client/v1/login/get_token", r#"{"auth":{"type":"m.login.password","identifier":{"type":"m.id.user","user":"bob"},"password":"the long password of bob"}}"#)?;
    bob.reads::<account::whoami::v3::Response>("GET /account/whoami", "")?;
    bob.keep("device", "/device_id")?;
    bob.reads::<device::get_devices::v3::Response>("GET /devices", "")?;
    bob.reads::<device::get_device::v3::Response>("GET /devices/{device}", "")?;
    bob.reads::<device::update_device::v3::Response>(
        "PUT /devices/{device}",
        r#"{"display_name":"desk"}"#,
    )?;
    bob.is_challenged::<device::delete_device::v3::Response>("DELETE /devices/SECOND", "{}")?;
    bob.reads::<device::delete_device::v3::Response>("DELETE /devices/SECOND", r#"{"auth":{"type":"m.login.password","user":"bob","password":"the long password of bob"}}"#)?;
    bob.is_challenged::<device::delete_devices::v3::Response>(
        "POST /delete_devices",
        r#"{"devices":["THIRD"]}"#,
    )?;
    bob.reads::<device::delete_devices::v3::Response>("POST /delete_devices", r#"{"devices":["THIRD"],"auth":{"type":"m.login.password","user":"bob","password":"the long password of bob"}}"#)?;
    bob.is_challenged::<account::change_password::v3::Response>(
        "POST /account/password",
        r#"{"new_password":"another long password"}"#,
    )?;
    bob.reads::<account::get_3pids::v3::Response>("GET /account/3pid", "")?;
    bob.reads::<thirdparty::get_protocols::v3::Response>("GET /thirdparty/protocols", "")?;
    bob.reads::<thirdparty::get_location_for_room_alias::v3::Response>(
        "GET /thirdparty/location?alias=%23garden%3Atest",
        "",
    )?;
    bob.reads::<thirdparty::get_user_for_user_id::v3::Response>(
        "GET /thirdparty/user?userid={me}",
        "",
    )?;
    bob.reads::<session::logout::v3::Response>("POST /logout", "")?;

    bob.is_content()
}

#[test]
fn what_is_kept_for_a_user() -> Outcome<()> {
    let server = Server::start();
    let mut bob = bob(&server)?;
    bob.reads::<profile::set_display_name::v3::Response>(
        "PUT /profile/{me}/displayname",
        r#"{"displayname":"Bob"}"#,
    )?;
    bob.reads::<profile::set_avatar_url::v3::Response>(
        "PUT /profile/{me}/avatar_url",
        r#"{"avatar_url":"mxc://test/bob"}"#,
    )?;
    bob.reads::<profile::get_profile::v3::Response>("GET /profile/{me}", "")?;
    bob.reads::<profile::get_display_name::v3::Response>("GET /profile/{me}/displayname", "")?;
    bob.reads::<profile::get_avatar_url::v3::Response>("GET /profile/{me}/avatar_url", "")?;
    bob.reads::<filter::create_filter::v3::Response>(
        "POST /user/{me}/filter",
        r#"{"room":{"timeline":{"limit":10}}}"#,
    )?;
    bob.keep("filter", "/filter_id")?;
    bob.reads::<filter::get_filter::v3::Response>("GET /user/{me}/filter/{filter}", "")?;
    bob.reads::<config::set_global_account_data::v3::Response>(
        "PUT /user/{me}/account_data/org.example.a",
        r#"{"a":1}"#,
    )?;
    bob.reads::<config::get_global_account_data::v3::Response>(
        "GET /user/{me}/account_data/org.example.a",
        "",
    )?;
    bob.reads::<presence::set_presence::v3::Response>(
        "PUT /presence/{me}/status",
        r#"{"presence":"online","status_msg":"here"}"#,
    )?;
    bob.reads::<presence::get_presence::v3::Response>("GET /presence/{me}/status", "")?;
    bob.reads::<push::get_pushers::v3::Response>("GET /pushers", "")?;
    bob.reads::<push::get_pushrules_all::v3::Response>("GET /pushrules/", "")?;
    bob.reads::<push::get_pushrules_global_scope::v3::Response>("GET /pushrules/global/", "")?;
    bob.reads::<push::set_pushrule::v3::Response>(
        "PUT /pushrules/global/content/tea",
        r#"{"pattern":"tea","actions":["notify"]}"#,
    )?;
    bob.reads::<push::get_pushrule::v3::Response>("GET /pushrules/global/content/tea", "")?;
    bob.reads::<push::set_pushrule_enabled::v3::Response>(
        "PUT /pushrules/global/content/tea/enabled",
        r#"{"enabled":false}"#,
    )?;
    bob.reads::<push::get_pushrule_enabled::v3::Response>(
        "GET /pushrules/global/content/tea/enabled",
        "",
    )?;
    bob.reads::<push::set_pushrule_actions::v3::Response>(
        "PUT /pushrules/global/content/tea/actions",
        r#"{"actions":[]}"#,
    )?;
    bob.reads::<push::get_pushrule_actions::v3::Response>(
        "GET /pushrules/global/content/tea/actions",
        "",
    )?;
    bob.reads::<push::delete_pushrule::v3::Response>("DELETE /pushrules/global/content/tea", "")?;
    bob.is_content()
}

#[test]
fn keys_and_messages_between_devices() -> Outcome<()> {
    let server = Server::start();
    let mut bob = bob(&server)?;
    bob.reads::<account::whoami::v3::Response>("GET /account/whoami", "")?;
    bob.keep("device", "/device_id")?;
    bob.reads::<keys::upload_keys::v3::Response>("POST /keys/upload", r#"{"device_keys":{"user_id":"{me}","device_id":"{device}","algorithms":["m.olm.v1.curve25519-aes-sha2"],"keys":{"curve25519:{device}":"Yw","ed25519:{device}":"ZQ"},"signatures":{"{me}":{"ed25519:{device}":"cw"}}},"one_time_keys":{"signed_curve25519:AAAA":{"key":"a","signatures":{"{me}":{"ed25519:{device}":"cw"}}}},"fallback_keys":{"signed_curve25519:BBBB":{"key":"b","fallback":true,"signatures":{"{me}":{"ed25519:{device}":"cw"}}}}}"#)?;
    bob.reads::<keys::upload_signing_keys::v3::Response>(
        "POST /keys/device_signing/upload",
        r#"{"master_key":{"user_id":"{me}","usage":["master"],"keys":{"ed25519:M":"M"}}}"#,
    )?;
    // Another one in its place needs a proof.
    bob.is_challenged::<keys::upload_signing_keys::v3::Response>(
        "POST /keys/device_signing/upload",
        r#"{"master_key":{"user_id":"{me}","usage":["master"],"keys":{"ed25519:N":"N"}}}"#,
    )?;
    bob.reads::<keys::get_keys::v3::Response>(
        "POST /keys/query",
        r#"{"device_keys":{"{me}":[],"@alice:test":[],"@nobody:test":[]}}"#,
    )?;
    bob.reads::<keys::upload_signatures::v3::Response>("POST /keys/signatures/upload", r#"{"{me}":{"{device}":{"user_id":"{me}","device_id":"{device}","algorithms":["m.olm.v1.curve25519-aes-sha2"],"keys":{"curve25519:{device}":"Yw","ed25519:{device}":"ZQ"},"signatures":{"{me}":{"ed25519:M":"cw"}}},"NOSUCH":{"user_id":"{me}"}}}"#)?;
    bob.reads::<keys::claim_keys::v3::Response>(
        "POST /keys/claim",
        r#"{"one_time_keys":{"{me}":{"{device}":"signed_curve25519"}}}"#,
    )?;
    bob.reads::<sync::sync_events::v3::Response>("GET /sync?timeout=0", "")?;
    bob.keep("start", "/next_batch")?;
    bob.reads::<keys::get_key_changes::v3::Response>(
        "GET /keys/changes?from={start}&to={start}",
        "",
    )?;
    bob.reads::<to_device::send_event_to_device::v3::Response>(
        "PUT /sendToDevice/m.dummy/1",
        r#"{"messages":{"{me}":{"*":{"a":1}}}}"#,
    )?;
    bob.is_content()
}

#[test]
fn rooms_are_made_found_entered_and_left() -> Outcome<()> {
    let server = Server::start();
    let mut bob = bob(&server)?;
    bob.reads::<room::create_room::v3::Response>("POST /createRoom", r#"{"preset":"public_chat","visibility":"public","room_alias_name":"garden","name":"Garden","topic":"beds","invite":["@alice:test"]}"#)?;
    bob.keep("room", "/room_id")?;
    bob.reads::<room::create_room::v3::Response>("POST /createRoom", r#"{"preset":"trusted_private_chat","is_direct":true,"invite":["@carol:test"],"initial_state":[{"type":"m.room.encryption","content":{"algorithm":"m.megolm.v1.aes-sha2"}}]}"#)?;
    bob.keep("direct", "/room_id")?;
    bob.reads::<room::create_room::v3::Response>("POST /createRoom", r#"{"preset":"private_chat","creation_content":{"type":"m.space"},"initial_state":[{"type":"m.space.child","state_key":"{room}","content":{"via":["test"]}}]}"#)?;
    bob.keep("space", "/room_id")?;
    bob.reads::<alias::create_alias::v3::Response>(
        "PUT /directory/room/%23plot%3Atest",
        r#"{"room_id":"{room}"}"#,
    )?;
    bob.reads::<alias::get_alias::v3::Response>("GET /directory/room/%23plot%3Atest", "")?;
    bob.reads::<room::aliases::v3::Response>("GET /rooms/{room}/aliases", "")?;
    bob.reads::<alias::delete_alias::v3::Response>("DELETE /directory/room/%23plot%3Atest", "")?;
    bob.reads::<directory::set_room_visibility::v3::Response>(
        "PUT /directory/list/room/{room}",
        r#"{"visibility":"public"}"#,
    )?;
    bob.reads::<directory::get_room_visibility::v3::Response>(
        "GET /directory/list/room/{room}",
        "",
    )?;
    bob.reads::<directory::get_public_rooms::v3::Response>("GET /publicRooms?limit=1", "")?;
    bob.reads::<directory::get_public_rooms_filtered::v3::Response>(
        "POST /publicRooms",
        r#"{"filter":{"generic_search_term":"gar"},"limit":1}"#,
    )?;
    bob.reads::<membership::invite_user::v3::Response>(
        "POST /rooms/{room}/invite",
        r#"{"user_id":"@dave:test"}"#,
    )?;
    bob.reads::<membership::joined_rooms::v3::Response>("GET /joined_rooms", "")?;
    bob.reads::<membership::kick_user::v3::Response>(
        "POST /rooms/{room}/kick",
        r#"{"user_id":"@dave:test","reason":"no"}"#,
    )?;
    bob.reads::<membership::ban_user::v3::Response>(
        "POST /rooms/{room}/ban",
        r#"{"user_id":"@dave:test"}"#,
    )?;
    bob.reads::<membership::unban_user::v3::Response>(
        "POST /rooms/{room}/unban",
        r#"{"user_id":"@dave:test"}"#,
    )?;
    bob.reads::<user_directory::search_users::v3::Response>(
        "POST /user_directory/search",
        r#"{"search_term":"bob"}"#,
    )?;
    bob.reads::<space::get_hierarchy::v1::Response>(
        "GET ~/_matrix/client/v1/rooms/{space}/hierarchy",
        "",
    )?;
    bob.reads::<membership::leave_room::v3::Response>("POST /rooms/{direct}/leave", "{}")?;
    bob.reads::<membership::forget_room::v3::Response>("POST /rooms/{direct}/forget", "{}")?;
    bob.reads::<membership::leave_room::v3::Response>("POST /rooms/{room}/leave", "")?;
    bob.reads::<membership::join_room_by_id_or_alias::v3::Response>(
        "POST /join/%23garden%3Atest",
        "{}",
    )?;
    bob.reads::<membership::join_room_by_id::v3::Response>("POST /rooms/{room}/join", "{}")?;
    bob.is_content()
}

#[test]
fn what_is_said_is_read() -> Outcome<()> {
    let server = Server::start();
    let mut bob = bob(&server)?;
    bob.reads::<room::create_room::v3::Response>(
        "POST /createRoom",
        r#"{"preset":"public_chat","room_alias_name":"garden","name":"Garden"}"#,
    )?;
    bob.keep("room", "/room_id")?;
    // What came over IRC is read with the same types.
    let alice = Identity {
        nick: "alice".to_owned(),
        account: Some("alice".to_owned()),
        capabilities: Vec::new(),
    };
    let mut alice = Irc::login(server.irc(), &alice)?;
    alice.send("JOIN #garden")?;
    alice.expect("* 366 * #garden *")?;
    alice.send("PRIVMSG #garden :\x02bold\x02 words")?;
    alice.send("PRIVMSG #garden :\x01ACTION waves\x01")?;
    alice.send("PING :all said")?;
    alice.expect("* PONG * :all said")?;
    bob.reads::<filter::create_filter::v3::Response>(
        "POST /user/{me}/filter",
        r#"{"room":{"timeline":{"limit":10},"state":{"lazy_load_members":true}}}"#,
    )?;
    bob.keep("filter", "/filter_id")?;
    bob.reads::<sync::sync_events::v3::Response>("GET /sync?timeout=0", "")?;
    bob.keep("start", "/next_batch")?;
    bob.reads::<message::send_message_event::v3::Response>(
        "PUT /rooms/{room}/send/m.room.message/1",
        r#"{"msgtype":"m.text","body":"hello"}"#,
    )?;
    bob.keep("event", "/event_id")?;
    bob.reads::<message::send_message_event::v3::Response>("PUT /rooms/{room}/send/m.room.message/2", r#"{"msgtype":"m.text","body":"in a thread","m.relates_to":{"rel_type":"m.thread","event_id":"{event}"}}"#)?;
    bob.keep("reply", "/event_id")?;
    bob.reads::<message::send_message_event::v3::Response>(
        "PUT /rooms/{room}/send/m.reaction/3",
        r#"{"m.relates_to":{"rel_type":"m.annotation","key":"+","event_id":"{event}"}}"#,
    )?;
    bob.reads::<message::send_message_event::v3::Response>(
        "PUT /rooms/{room}/send/m.room.message/4",
        r#"{"msgtype":"m.text","body":"never mind"}"#,
    )?;
    bob.keep("mistake", "/event_id")?;
    bob.reads::<redact::redact_event::v3::Response>(
        "PUT /rooms/{room}/redact/{mistake}/5",
        r#"{"reason":"a mistake"}"#,
    )?;
    bob.reads::<state::send_state_event::v3::Response>(
        "PUT /rooms/{room}/state/m.room.topic/",
        r#"{"topic":"rows"}"#,
    )?;
    bob.reads::<state::get_state_event_for_key::v3::Response>(
        "GET /rooms/{room}/state/m.room.topic/",
        "",
    )?;
    bob.reads::<state::get_state_events::v3::Response>("GET /rooms/{room}/state", "")?;
    bob.reads::<membership::get_member_events::v3::Response>("GET /rooms/{room}/members", "")?;
    bob.reads::<membership::joined_members::v3::Response>("GET /rooms/{room}/joined_members", "")?;
    bob.reads::<message::get_message_events::v3::Response>(
        "GET /rooms/{room}/messages?dir=b&limit=3",
        "",
    )?;
    bob.reads::<message::get_message_events::v3::Response>("GET /rooms/{room}/messages?dir=f", "")?;
    bob.reads::<context::get_context::v3::Response>("GET /rooms/{room}/context/{event}", "")?;
    bob.reads::<room::get_event_by_timestamp::v1::Response>(
        "GET ~/_matrix/client/v1/rooms/{room}/timestamp_to_event?dir=f&ts=0",
        "",
    )?;
    bob.reads::<room::get_room_event::v3::Response>("GET /rooms/{room}/event/{mistake}", "")?;
    bob.reads::<relations::get_relating_events::v1::Response>(
        "GET ~/_matrix/client/v1/rooms/{room}/relations/{event}",
        "",
    )?;
    bob.reads::<relations::get_relating_events_with_rel_type::v1::Response>(
        "GET ~/_matrix/client/v1/rooms/{room}/relations/{event}/m.thread",
        "",
    )?;
    bob.reads::<relations::get_relating_events_with_rel_type_and_event_type::v1::Response>(
        "GET ~/_matrix/client/v1/rooms/{room}/relations/{event}/m.thread/m.room.message",
        "",
    )?;
    bob.reads::<threads::get_threads::v1::Response>(
        "GET ~/_matrix/client/v1/rooms/{room}/threads",
        "",
    )?;
    bob.reads::<search::search_events::v3::Response>(
        "POST /search",
        r#"{"search_categories":{"room_events":{"search_term":"hello","event_context":{"include_profile":true},"include_state":true,"groupings":{"group_by":[{"key":"room_id"}]}}}}"#,
    )?;
    bob.reads::<typing::create_typing_event::v3::Response>(
        "PUT /rooms/{room}/typing/{me}",
        r#"{"typing":true,"timeout":20000}"#,
    )?;
    bob.reads::<receipt::create_receipt::v3::Response>(
        "POST /rooms/{room}/receipt/m.read/{event}",
        "{}",
    )?;
    bob.reads::<read_marker::set_read_marker::v3::Response>(
        "POST /rooms/{room}/read_markers",
        r#"{"m.fully_read":"{event}","m.read":"{event}"}"#,
    )?;
    bob.reads::<config::set_room_account_data::v3::Response>(
        "PUT /user/{me}/rooms/{room}/account_data/org.example.a",
        r#"{"a":1}"#,
    )?;
    bob.reads::<config::get_room_account_data::v3::Response>(
        "GET /user/{me}/rooms/{room}/account_data/org.example.a",
        "",
    )?;
    bob.reads::<tag::create_tag::v3::Response>(
        "PUT /user/{me}/rooms/{room}/tags/m.favourite",
        r#"{"order":0.5}"#,
    )?;
    bob.reads::<tag::get_tags::v3::Response>("GET /user/{me}/rooms/{room}/tags", "")?;
    bob.reads::<tag::delete_tag::v3::Response>(
        "DELETE /user/{me}/rooms/{room}/tags/m.favourite",
        "",
    )?;
    bob.reads::<sync::sync_events::v3::Response>(
        "GET /sync?timeout=0&since={start}&filter={filter}",
        "",
    )?;
    bob.reads::<sync::sync_events::v3::Response>("GET /sync?timeout=0&full_state=true", "")?;
    bob.is_content()
}
