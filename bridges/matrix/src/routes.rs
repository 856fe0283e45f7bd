//! Which endpoint answers what: the visible list. Paths below `/v3` answer below `/r0` as well; everything gets CORS headers, errors too.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get, post, put};
use polylogue_matrix::error::ErrorCode;

use crate::Matrix;
use crate::endpoints as e;
use crate::error::Failure;

/// All routes.
pub(crate) fn routes() -> Router<Arc<Matrix>> {
    let router = Router::new()
        .route("/.well-known/matrix/client", get(e::well_known::client))
        .route("/_matrix/client/versions", get(e::versions::get));
    let router = client()
        .into_iter()
        .fold(router, |router, (path, endpoint)| {
            // COMPAT(weechat-matrix, 0.3): only knows the names of before version 1.1.
            ["v3", "r0"].into_iter().fold(router, |router, version| {
                router.route(
                    &format!("/_matrix/client/{version}{path}"),
                    endpoint.clone(),
                )
            })
        });
    let router = later()
        .into_iter()
        .fold(router, |router, (path, endpoint)| {
            router.route(&format!("/_matrix/client/v1{path}"), endpoint)
        });
    router
        .route("/_matrix", any(unknown))
        .route("/_matrix/", any(unknown))
        .route("/_matrix/{*rest}", any(unknown))
        .route("/.well-known/matrix/{*rest}", any(unknown))
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(cors))
}

/// Paths below `/_matrix/client/v3`.
fn client() -> Vec<(&'static str, MethodRouter<Arc<Matrix>>)> {
    vec![
        // Accounts and credentials.
        ("/login", get(e::login::get).post(e::login::post)),
        ("/register", post(e::register::post)),
        ("/register/available", get(e::register::available)),
        ("/logout", post(e::logout::post)),
        ("/logout/all", post(e::logout::all)),
        ("/account/whoami", get(e::whoami::get)),
        ("/account/password", post(e::password::post)),
        ("/account/3pid", get(e::addresses::get)),
        ("/devices", get(e::devices::list)),
        (
            "/devices/{device}",
            get(e::devices::get)
                .put(e::devices::put)
                .delete(e::devices::delete),
        ),
        ("/delete_devices", post(e::devices::delete_several)),
        // What the server can do.
        ("/capabilities", get(e::capabilities::get)),
        ("/thirdparty/protocols", get(e::third_party::protocols)),
        (
            "/thirdparty/protocol/{protocol}",
            get(e::third_party::protocol),
        ),
        (
            "/thirdparty/location/{protocol}",
            get(e::third_party::protocol),
        ),
        ("/thirdparty/user/{protocol}", get(e::third_party::protocol)),
        ("/thirdparty/location", get(e::third_party::none)),
        ("/thirdparty/user", get(e::third_party::none)),
        // What is new.
        ("/sync", get(e::sync::get)),
        // What the server keeps for a user.
        ("/profile/{user}", get(e::profile::get)),
        (
            "/profile/{user}/displayname",
            get(e::profile::get_display_name).put(e::profile::put_display_name),
        ),
        (
            "/profile/{user}/avatar_url",
            get(e::profile::get_avatar_url).put(e::profile::put_avatar_url),
        ),
        ("/user/{user}/filter", post(e::filter::post)),
        ("/user/{user}/filter/{filter}", get(e::filter::get)),
        (
            "/user/{user}/account_data/{type}",
            get(e::account_data::get).put(e::account_data::put),
        ),
        (
            "/user/{user}/rooms/{room}/account_data/{type}",
            get(e::account_data::get_of_room).put(e::account_data::put_of_room),
        ),
        ("/user/{user}/rooms/{room}/tags", get(e::tags::get)),
        (
            "/user/{user}/rooms/{room}/tags/{tag}",
            put(e::tags::put).delete(e::tags::delete),
        ),
        ("/pushers", get(e::pushers::get)),
        ("/pushrules", get(e::push_rules::all)),
        ("/pushrules/", get(e::push_rules::all)),
        ("/pushrules/global", get(e::push_rules::global)),
        ("/pushrules/global/", get(e::push_rules::global)),
        (
            "/pushrules/global/{kind}/{rule}",
            get(e::push_rules::get)
                .put(e::push_rules::put)
                .delete(e::push_rules::delete),
        ),
        (
            "/pushrules/global/{kind}/{rule}/{part}",
            get(e::push_rules::get_part).put(e::push_rules::put_part),
        ),
        (
            "/presence/{user}/status",
            get(e::presence::get).put(e::presence::put),
        ),
        ("/user_directory/search", post(e::user_directory::search)),
        ("/search", post(e::search::post)),
        // Keys for end-to-end encryption, and messages between devices.
        ("/keys/upload", post(e::keys_upload::post)),
        ("/keys/query", post(e::keys_query::post)),
        ("/keys/claim", post(e::keys_claim::post)),
        ("/keys/changes", get(e::keys_changes::get)),
        ("/keys/device_signing/upload", post(e::signing_keys::post)),
        ("/keys/signatures/upload", post(e::signing_keys::sign)),
        ("/room_keys/version", get(e::key_backup::latest)),
        (
            "/sendToDevice/{type}/{transaction}",
            put(e::send_to_device::put),
        ),
        // Rooms: made, found, entered, left.
        ("/createRoom", post(e::create_room::post)),
        ("/join/{room}", post(e::join::post)),
        ("/knock/{room}", post(e::knock::post)),
        ("/joined_rooms", get(e::joined_rooms::get)),
        (
            "/publicRooms",
            get(e::public_rooms::get).post(e::public_rooms::post),
        ),
        (
            "/directory/room/{alias}",
            get(e::directory::get)
                .put(e::directory::put)
                .delete(e::directory::delete),
        ),
        (
            "/directory/list/room/{room}",
            get(e::directory::get_listing).put(e::directory::put_listing),
        ),
        ("/rooms/{room}/aliases", get(e::directory::aliases)),
        ("/rooms/{room}/join", post(e::join::post)),
        ("/rooms/{room}/leave", post(e::membership::leave)),
        ("/rooms/{room}/forget", post(e::membership::forget)),
        ("/rooms/{room}/invite", e::membership::invite()),
        ("/rooms/{room}/kick", e::membership::kick()),
        ("/rooms/{room}/ban", e::membership::ban()),
        ("/rooms/{room}/unban", e::membership::unban()),
        // Rooms: what is said, and read.
        ("/rooms/{room}/send/{type}/{transaction}", put(e::send::put)),
        (
            "/rooms/{room}/redact/{event}/{transaction}",
            put(e::redact::put),
        ),
        ("/rooms/{room}/state", get(e::state::all)),
        (
            "/rooms/{room}/state/{type}",
            get(e::state::get).put(e::state::put),
        ),
        (
            "/rooms/{room}/state/{type}/",
            get(e::state::get).put(e::state::put),
        ),
        (
            "/rooms/{room}/state/{type}/{key}",
            get(e::state::get_keyed).put(e::state::put_keyed),
        ),
        ("/rooms/{room}/members", get(e::members::get)),
        ("/rooms/{room}/joined_members", get(e::members::joined)),
        ("/rooms/{room}/messages", get(e::messages::get)),
        ("/rooms/{room}/context/{event}", get(e::context::get)),
        ("/rooms/{room}/event/{event}", get(e::event::get)),
        ("/rooms/{room}/typing/{user}", put(e::typing::put)),
        (
            "/rooms/{room}/receipt/{type}/{event}",
            post(e::receipts::post),
        ),
        ("/rooms/{room}/read_markers", post(e::receipts::markers)),
    ]
}

/// Paths below `/_matrix/client/v1`: what came after version 1.1 counts by itself.
fn later() -> Vec<(&'static str, MethodRouter<Arc<Matrix>>)> {
    vec![
        ("/login/get_token", post(e::login_token::post)),
        (
            "/register/m.login.registration_token/validity",
            get(e::register::validity),
        ),
        ("/rooms/{room}/relations/{event}", get(e::relations::all)),
        (
            "/rooms/{room}/relations/{event}/{kind}",
            get(e::relations::of_kind),
        ),
        (
            "/rooms/{room}/relations/{event}/{kind}/{type}",
            get(e::relations::of_type),
        ),
        ("/rooms/{room}/hierarchy", get(e::hierarchy::get)),
        ("/rooms/{room}/threads", get(e::relations::threads)),
        (
            "/rooms/{room}/timestamp_to_event",
            get(e::timestamp_to_event::get),
        ),
    ]
}

async fn unknown() -> Failure {
    Failure::new(
        404,
        ErrorCode::Unrecognized,
        "there is no such endpoint here",
    )
}

async fn wrong_method() -> Failure {
    Failure::new(
        405,
        ErrorCode::Unrecognized,
        "this endpoint does not know that method",
    )
}

/// A preflight request of a browser needs nothing but the headers.
async fn cors(request: Request, next: Next) -> Response {
    let response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    open_to_browsers(response)
}

/// Matrix client-server API "Web browser clients": headers on every reply, also on one that comes later.
pub(crate) fn open_to_browsers(mut response: Response) -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, PUT, DELETE, OPTIONS",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "X-Requested-With, Content-Type, Authorization",
        ),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Retry-After"),
    ];
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
