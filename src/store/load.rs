//! Reading everything that is always in memory: names, users, credentials, timers. Rooms stay cold until somebody touches them.

mod directory;
mod documents;
mod keys;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polylogue_core::command::TimedCommand;
use polylogue_core::event::Claim;
use polylogue_core::ignore;
use polylogue_core::name::NameKey;
use polylogue_core::request::Request;
use polylogue_core::room::Membership;
use polylogue_core::secret::PasswordHash;
use polylogue_core::user::{
    Device, Profile, ReadMark, ReadMarks, Requests, User, UserKind, UserRoom,
};
use polylogue_core::{
    DeviceId, Epoch, Json, Position, RoomId, RoomSequence, State, Timestamp, UserId,
};
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, params};

use crate::blob;
use crate::error::StoreError;
use crate::write::{Writer, membership_of};

/// What a lane starts with.
#[derive(Debug)]
pub struct Loaded {
    /// Everything durable but the rooms.
    pub state: State,
    /// The secret behind ids and cursors.
    pub secret: [u8; 32],
    /// From which position each epoch is in force, oldest first.
    pub epochs: Vec<(Epoch, Position)>,
    /// Guests that a crash left in rooms, and no timer takes out of them.
    pub stranded_guests: Vec<UserId>,
}

/// Reads what is always in memory; a new store gets its server name, secret and first epoch. Without a name it is the one that the store
/// remembers, or `localhost` for a new one.
///
/// # Errors
/// [`StoreError`], among them a store that belongs to another server name.
pub fn load(writer: &Writer, server_name: Option<&str>) -> Result<Loaded, StoreError> {
    let connection = writer.connection();
    let (name, secret) = identity(connection, server_name)?;
    let mut state = State::new(&name);
    state.head = head(connection)?;
    let epochs = load_epochs(connection)?;
    state.epoch = epochs.last().map_or(state.epoch, |(epoch, _)| *epoch);
    let next_room: Option<u32> =
        connection.query_row("SELECT max(room) FROM room", [], |row| row.get(0))?;
    state.next_room = RoomId(next_room.unwrap_or(0)).next();
    load_names(connection, &mut state)?;
    let mut stranded_guests = load_users(connection, &mut state)?;
    load_ignores(connection, &mut state)?;
    load_server_bans(connection, &mut state)?;
    load_timers(connection, &mut state)?;
    directory::load(connection, &mut state)?;
    let absent: BTreeSet<UserId> = state.absent.values().map(|(guest, _)| *guest).collect();
    stranded_guests.retain(|guest| !absent.contains(guest));
    Ok(Loaded {
        state,
        secret,
        epochs,
        stranded_guests,
    })
}

/// The position of the last thing that was committed: what the last batch without an event at its end noted, or the last event. Whoever removes
/// rows of `event` must keep the last one.
pub(crate) fn head(connection: &Connection) -> Result<Position, StoreError> {
    let noted = meta::<i64>(connection, "head")?.unwrap_or(0);
    let last: Option<i64> =
        connection.query_row("SELECT max(position) FROM event", [], |row| row.get(0))?;
    Ok(Position(noted.max(last.unwrap_or(0)).unsigned_abs()))
}

/// Checks whose store it is; makes a new one this server's.
fn identity(
    connection: &Connection,
    server_name: Option<&str>,
) -> Result<(String, [u8; 32]), StoreError> {
    let name = match (meta::<String>(connection, "server_name")?, server_name) {
        (Some(stored), Some(configured)) if stored != configured => {
            return Err(StoreError::OtherServer {
                stored,
                configured: configured.to_owned(),
            });
        }
        (Some(stored), _) => stored,
        (None, configured) => {
            let name = configured.unwrap_or("localhost").to_owned();
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(StoreError::Randomness)?;
            let transaction = connection.unchecked_transaction()?;
            transaction.execute(
                "INSERT INTO meta (key, value) VALUES ('secret', ?1)",
                [secret.as_slice()],
            )?;
            transaction.execute("INSERT INTO epoch (epoch, first) VALUES (1, 1)", [])?;
            transaction.execute(
                "INSERT INTO meta (key, value) VALUES ('server_name', ?1)",
                [name.as_str()],
            )?;
            transaction.commit()?;
            name
        }
    };
    let secret = meta::<Vec<u8>>(connection, "secret")?.ok_or(StoreError::Row("secret"))?;
    Ok((
        name,
        secret.try_into().map_err(|_| StoreError::Row("secret"))?,
    ))
}

fn meta<T: FromSql>(connection: &Connection, key: &str) -> Result<Option<T>, StoreError> {
    Ok(connection
        .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| {
            row.get(0)
        })
        .optional()?)
}

fn load_epochs(connection: &Connection) -> Result<Vec<(Epoch, Position)>, StoreError> {
    let mut statement = connection.prepare("SELECT epoch, first FROM epoch ORDER BY epoch")?;
    let rows = statement.query_map([], |row| {
        Ok((
            Epoch(row.get(0)?),
            Position(row.get::<_, i64>(1)?.unsigned_abs()),
        ))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn load_names(connection: &Connection, state: &mut State) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT key, claim FROM name")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let key: String = row.get(0)?;
        let claim: Claim = blob::read(
            row.get_ref(1)?
                .as_blob()
                .map_err(|_| StoreError::Row("claim"))?,
        )?;
        state.claim(NameKey::stored(&key), claim);
    }
    Ok(())
}

fn load_users(connection: &Connection, state: &mut State) -> Result<Vec<UserId>, StoreError> {
    let mut rooms = load_user_rooms(connection)?;
    let mut marks = load_marks(connection)?;
    let mut devices = load_devices(connection)?;
    let mut nicks = load_nicks(connection)?;
    let mut requests = load_requests(connection)?;
    let mut documents = documents::load(connection)?;
    let mut all_keys = keys::load(connection)?;
    let mut statement = connection.prepare(
        "SELECT user, name, kind, created, password, disabled, display_name, avatar, keys_changed, profile_changed, password_changed, host FROM user",
    )?;
    let mut rows = statement.query([])?;
    let mut stranded = Vec::new();
    while let Some(row) = rows.next()? {
        let id = UserId(row.get(0)?);
        let kind: UserKind = blob::read(&row.get::<_, Vec<u8>>(2)?)?;
        let rooms = rooms.remove(&id).unwrap_or_default();
        if kind == UserKind::Guest && !rooms.is_empty() {
            stranded.push(id);
        }
        let devices = devices.remove(&id).unwrap_or_default();
        for device in &devices {
            state.tokens.insert(device.token, (id, device.id));
            state.next_device = state.next_device.max(device.id.next());
        }
        let mut keys = all_keys.remove(&id).unwrap_or_default();
        keys.changed = Position(row.get::<_, i64>(8)?.unsigned_abs());
        if keys.changed > Position(0) {
            state.key_changes.insert(keys.changed, id);
        }
        let changed = Position(row.get::<_, i64>(9)?.unsigned_abs());
        if changed > Position(0) {
            state.profile_changes.insert(changed, id);
        }
        let text = |column: usize| -> Result<Option<Arc<str>>, StoreError> {
            Ok(row.get::<_, Option<String>>(column)?.map(Arc::from))
        };
        let user = User {
            id,
            name: blob::read(&row.get::<_, Vec<u8>>(1)?)?,
            nicks: nicks.remove(&id).unwrap_or_default().into(),
            kind,
            host: text(11)?,
            created: Timestamp(row.get::<_, i64>(3)?.unsigned_abs()),
            password: text(4)?.map(PasswordHash),
            password_changed: Position(row.get::<_, i64>(10)?.unsigned_abs()),
            disabled: row.get(5)?,
            profile: Profile {
                display_name: text(6)?,
                avatar: text(7)?,
                changed,
            },
            devices: devices.into(),
            rooms: rooms.into(),
            marks: marks.remove(&id).unwrap_or_default(),
            requests: requests.remove(&id).unwrap_or_default(),
            documents: documents.remove(&id).unwrap_or_default(),
            keys: keys.into(),
        };
        state.admit(user);
    }
    Ok(stranded)
}

fn load_user_rooms(connection: &Connection) -> Result<BTreeMap<UserId, Vec<UserRoom>>, StoreError> {
    let mut statement =
        connection.prepare("SELECT user, room, membership FROM member ORDER BY user, room")?;
    let mut rows = statement.query([])?;
    let mut found: BTreeMap<UserId, Vec<UserRoom>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let membership = membership_of(row.get(2)?)?;
        if membership == Membership::Leave {
            continue;
        }
        let entry = UserRoom {
            room: RoomId(row.get(1)?),
            membership,
        };
        found.entry(UserId(row.get(0)?)).or_default().push(entry);
    }
    Ok(found)
}

fn load_marks(connection: &Connection) -> Result<BTreeMap<UserId, ReadMarks>, StoreError> {
    let mut statement =
        connection.prepare("SELECT user, room, read, marker, time FROM read_mark")?;
    let mut rows = statement.query([])?;
    let mut found: BTreeMap<UserId, ReadMarks> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let number = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
        let mark = ReadMark {
            read: RoomSequence(number(2)?),
            marker: RoomSequence(number(3)?),
            time: Timestamp(number(4)?),
        };
        let marks = found.entry(UserId(row.get(0)?)).or_default();
        marks.insert(RoomId(row.get(1)?), mark);
    }
    Ok(found)
}

fn load_requests(connection: &Connection) -> Result<BTreeMap<UserId, Requests>, StoreError> {
    let mut statement =
        connection.prepare("SELECT user, by, asked, declined, refusals, said FROM request")?;
    let mut rows = statement.query([])?;
    let mut found: BTreeMap<UserId, Requests> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let time = |column: usize| -> Result<Option<Timestamp>, StoreError> {
            let at: Option<i64> = row.get(column)?;
            Ok(at.map(|at| Timestamp(at.unsigned_abs())))
        };
        let request = Request {
            asked: time(2)?,
            declined: time(3)?,
            refusals: row.get(4)?,
            said: row.get(5)?,
        };
        let requests = found.entry(UserId(row.get(0)?)).or_default();
        requests.insert(UserId(row.get(1)?), request);
    }
    Ok(found)
}

fn load_devices(connection: &Connection) -> Result<BTreeMap<UserId, Vec<Device>>, StoreError> {
    let mut statement =
        connection.prepare("SELECT user, blob, device FROM device ORDER BY device")?;
    let mut rows = statement.query([])?;
    let mut found: BTreeMap<UserId, Vec<Device>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let mut device: Device = blob::read(&row.get::<_, Vec<u8>>(1)?)?;
        device.id = DeviceId(row.get(2)?);
        found.entry(UserId(row.get(0)?)).or_default().push(device);
    }
    Ok(found)
}

fn load_nicks(connection: &Connection) -> Result<BTreeMap<UserId, Vec<Arc<str>>>, StoreError> {
    let mut statement =
        connection.prepare("SELECT user, nick FROM user_nick ORDER BY user, nick")?;
    let mut rows = statement.query([])?;
    let mut found: BTreeMap<UserId, Vec<Arc<str>>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let nick: String = row.get(1)?;
        let nicks = found.entry(UserId(row.get(0)?)).or_default();
        nicks.push(nick.into());
    }
    Ok(found)
}

fn load_ignores(connection: &Connection, state: &mut State) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT user, kind, content FROM account_data WHERE room = 0 AND kind IN (?1, ?2)",
    )?;
    let mut rows = statement.query([ignore::USERS, ignore::MASKS])?;
    while let Some(row) = rows.next()? {
        let kind: String = row.get(1)?;
        let content =
            Json::parse(&row.get::<_, String>(2)?).map_err(|_| StoreError::Row("account data"))?;
        state.note_ignores(UserId(row.get(0)?), &kind, &content);
    }
    Ok(())
}

fn load_server_bans(connection: &Connection, state: &mut State) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT target, ban FROM server_ban")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let target = blob::read(&row.get::<_, Vec<u8>>(0)?)?;
        let ban = blob::read(&row.get::<_, Vec<u8>>(1)?)?;
        state.server_bans.insert(target, ban);
    }
    Ok(())
}

fn load_timers(connection: &Connection, state: &mut State) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT timer, due, command FROM timer")?;
    let mut rows = statement.query(params![])?;
    while let Some(row) = rows.next()? {
        let id = row.get::<_, i64>(0)?.unsigned_abs();
        let due = Timestamp(row.get::<_, i64>(1)?.unsigned_abs());
        let command: TimedCommand = blob::read(&row.get::<_, Vec<u8>>(2)?)?;
        state.set_timer((due, id), command);
    }
    Ok(())
}
