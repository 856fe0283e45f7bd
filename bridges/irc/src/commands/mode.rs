//! `MODE`: RFC 2812 sections 3.1.5 and 3.2.3. Prefixes of one line are one change of levels; each other mode is the state that it stands for.

use std::sync::Arc;

use polylogue_core::command::{Direction, ModeChange, PrefixChange, RoomFlag};
use polylogue_core::event::{RoomSetting, StateChange};
use polylogue_core::name::ChannelName;
use polylogue_core::operator::OperatorCommand;
use polylogue_core::power::Prefix;
use polylogue_core::room::{JoinRule, MaskList};
use polylogue_core::{Command, Refusal, RoomId, RoomState, facets};
use polylogue_irc::mode::{Change, Item, ModeError, Sign, parse};
use polylogue_irc::{Mask, Message, Middle, Numeric, Verb, names::is_channel};

use super::user_mode;
use crate::client::Client;
use crate::duration;
use crate::isupport::MODES;
use crate::refusal::{self, About};
use crate::render::mode as shown;

/// Shows or changes modes.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(target) = client.required(message, 0) else {
        return;
    };
    if !is_channel(target) {
        return user_mode::run(client, message, target).await;
    }
    channel(client, (message, target), Authority::Own).await;
}

/// In whose name modes are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authority {
    /// The client's own.
    Own,
    /// The server's, as its operators may.
    Server,
}

impl Authority {
    async fn ask(self, client: &mut Client, target: &str, command: Command) {
        let verb = Verb::Mode;
        let about = About { verb, target };
        match self {
            Self::Own => {
                client.ask(about, command).await;
            }
            Self::Server => {
                // A key is a secret of its room: the log does not have it.
                let is_key = matches!(
                    &command,
                    Command::SetSetting {
                        setting: RoomSetting::Key(_),
                        ..
                    }
                );
                let what = if is_key {
                    "in the server's name: its key".to_owned()
                } else {
                    format!("in the server's name: {command:?}")
                };
                let command = OperatorCommand::InServersName(Box::new(command));
                client.operate((about, &what), command).await;
            }
        }
    }
}

/// Shows or changes the modes of a channel.
pub(super) async fn channel(
    client: &mut Client,
    (message, target): (&Message, &str),
    authority: Authority,
) {
    let found = match authority {
        Authority::Own => client.known_channel(target).await,
        Authority::Server => client.any_channel(target).await,
    };
    let Some(room) = found else {
        return client
            .replies
            .text(Numeric::ErrNoSuchChannel, &[target], "No such channel");
    };
    let id = room.state.id;
    let parameters: Vec<&str> = message.params().skip(1).collect();
    if parameters.is_empty() {
        return show(client, &room.state, target);
    }
    let mut prefixes = Vec::new();
    let mut flags = Vec::new();
    for item in parse(&MODES, parameters.iter().copied(), shown::AT_ONCE) {
        match item {
            Item::ShowList(letter) if may_read(client, (&room.state, authority), letter) => {
                show_list(client, &room.state, (target, letter));
            }
            Item::ShowList(_) => {
                let about = About {
                    verb: Verb::Mode,
                    target,
                };
                refusal::tell(&mut client.replies, about, &Refusal::NotJoined);
            }
            Item::Refused(error) => refused(client, target, &error),
            Item::Change(change) => match prefix_of(change.letter) {
                Some(prefix) => prefixes.extend(prefix_change(
                    client,
                    (&room.state, target, prefix),
                    &change,
                )),
                None => match flag_of(change.letter) {
                    Some(flag) => flags.push(ModeChange::Flag(flag, direction(change.sign))),
                    None if change.letter == 'l' => flags.extend(limit(client, target, &change)),
                    None => one(client, (id, target), &change, authority).await,
                },
            },
        }
    }
    if !flags.is_empty() {
        let command = Command::SetModes {
            room: id,
            changes: flags,
        };
        authority.ask(client, target, command).await;
    }
    if !prefixes.is_empty() {
        let command = Command::SetPrefixes {
            room: id,
            changes: prefixes,
        };
        authority.ask(client, target, command).await;
    }
}

/// Whether a list may be read: who is banned where the channel shows itself, the others by its members.
fn may_read(client: &Client, (room, authority): (&RoomState, Authority), letter: char) -> bool {
    let me = client.user_id();
    match (authority, list_of(letter)) {
        (Authority::Own, Some(MaskList::Ban)) => room.is_shown_to(me),
        (Authority::Own, Some(MaskList::Exception | MaskList::Invitation | MaskList::Quiet)) => {
            room.is_joined(me)
        }
        (Authority::Own, None) | (Authority::Server, _) => true,
    }
}

fn show(client: &mut Client, room: &RoomState, target: &str) {
    let mut letters = String::from("+");
    let mut parameters: Vec<String> = Vec::new();
    let mut flag = |on: bool, letter: char| {
        if on {
            letters.push(letter)
        }
    };
    flag(shown::topic_locked(&room.power), 't');
    flag(room.power.events_default > 0, 'm');
    flag(room.join_rule != JoinRule::Public, 'i');
    flag(shown::no_knock(room), 'K');
    flag(!room.listed, 's');
    flag(!room.guests_may_join, 'R');
    for (letter, read) in shown::FLAGS {
        flag(read(&room.modes), letter);
    }
    if let Some(limit) = room.modes.limit {
        letters.push('l');
        parameters.push(limit.to_string());
    }
    if let Some(name) = facets::forward(room) {
        letters.push('f');
        parameters.push(name.to_string());
    }
    if room.key.is_some() {
        letters.push('k');
        parameters.push(room.key_for(client.user_id()).unwrap_or("*").to_owned());
    }
    client.replies.numeric(Numeric::RplChannelModeIs, |line| {
        let line = line
            .middle(crate::reply::part(target))
            .middle(crate::reply::part(&letters));
        line.middles(
            parameters
                .iter()
                .map(|parameter| crate::reply::part(parameter)),
        )
        .end()
    });
    let created = room.creation.at.0 / 1000;
    client.replies.numeric(Numeric::RplCreationTime, |line| {
        line.middle(crate::reply::part(target))
            .number(created)
            .end()
    });
}

fn show_list(client: &mut Client, room: &RoomState, (target, letter): (&str, char)) {
    let Some(list) = list_of(letter) else { return };
    let (entry, end, text) = match list {
        MaskList::Ban => (
            Numeric::RplBanList,
            Numeric::RplEndOfBanList,
            "End of channel ban list",
        ),
        MaskList::Exception => (
            Numeric::RplExceptList,
            Numeric::RplEndOfExceptList,
            "End of channel exception list",
        ),
        MaskList::Invitation => (
            Numeric::RplInvexList,
            Numeric::RplEndOfInvexList,
            "End of channel invite exception list",
        ),
        MaskList::Quiet => (
            Numeric::RplQuietList,
            Numeric::RplEndOfQuietList,
            "End of channel quiet list",
        ),
    };
    let world = client.world();
    let scene_nick = |user| {
        world.name_of(user).map_or_else(
            || client.irc.renderer.server.to_string(),
            |name| name.nick().to_string(),
        )
    };
    let mut rows: Vec<(String, String, u64)> = Vec::new();
    if list == MaskList::Ban {
        // Banned users are bans by account.
        let scene = client.scene(&world);
        let banned = room
            .members
            .iter()
            .filter(|(_, member)| member.membership == polylogue_core::room::Membership::Ban);
        rows.extend(banned.filter_map(|(user, member)| {
            Some((
                shown::ban_mask(&scene, *user)?,
                scene_nick(member.by),
                room.creation.at.0,
            ))
        }));
    }
    let now = crate::registration::now();
    rows.extend(
        room.masks_of(list, now)
            .map(|mask| (mask.mask.to_string(), scene_nick(mask.by), mask.at.0)),
    );
    for (mask, by, at) in rows {
        client.replies.numeric(entry, |line| {
            let line = line.middle(crate::reply::part(target));
            let line = if list == MaskList::Quiet {
                line.middle(crate::reply::part("Q"))
            } else {
                line
            };
            line.middle(crate::reply::part(&mask))
                .middle(crate::reply::part(&by))
                .number(at / 1000)
                .end()
        });
    }
    let context: &[&str] = if list == MaskList::Quiet {
        &[target, "Q"]
    } else {
        &[target]
    };
    client.replies.text(end, context, text);
}

/// The flags that modes are for.
fn flag_of(letter: char) -> Option<RoomFlag> {
    Some(match letter {
        't' => RoomFlag::TopicLocked,
        'm' => RoomFlag::Moderated,
        'i' => RoomFlag::Closed,
        'K' => RoomFlag::NoKnock,
        'R' => RoomFlag::AccountsOnly,
        'C' => RoomFlag::NoCtcp,
        'c' => RoomFlag::NoColour,
        'M' => RoomFlag::AccountsSpeak,
        'n' => RoomFlag::MembersSpeak,
        'S' => RoomFlag::StripColour,
        _ => return None,
    })
}

fn direction(sign: Sign) -> Direction {
    match sign {
        Sign::Plus => Direction::Add,
        Sign::Minus => Direction::Remove,
    }
}

fn limit(client: &mut Client, target: &str, change: &Change<'_>) -> Option<ModeChange> {
    if change.sign == Sign::Minus {
        return Some(ModeChange::Limit(None));
    }
    let given = change.parameter.map_or("*", Middle::as_str);
    let limit = given.parse::<u32>().ok().filter(|limit| *limit > 0);
    if limit.is_none() {
        client.replies.text(
            Numeric::ErrInvalidModeParam,
            &[target, "l", given],
            "Invalid channel limit",
        );
    }
    limit.map(|limit| ModeChange::Limit(Some(limit)))
}

/// One change of what belongs to the room beside its state.
async fn one(
    client: &mut Client,
    (room, target): (RoomId, &str),
    change: &Change<'_>,
    authority: Authority,
) {
    let on = change.sign == Sign::Plus;
    let command = match change.letter {
        's' => Command::SetSetting {
            room,
            setting: RoomSetting::Listed(!on),
        },
        'f' => {
            let given = change.parameter.filter(|_| on).map(|name| name.as_str());
            let Some(forward) = forward(client, given).await else {
                return;
            };
            Command::SetState {
                room,
                change: forward,
            }
        }
        'k' => match (on, change.parameter) {
            (true, Some(key)) => {
                let key = key.as_str();
                if key.contains([',', ':']) || key.len() > polylogue_core::limits::NICK {
                    return client.replies.text(
                        Numeric::ErrInvalidKey,
                        &[target],
                        "Key is not well-formed",
                    );
                }
                Command::SetSetting {
                    room,
                    setting: RoomSetting::Key(Some(key.into())),
                }
            }
            (_, _) => Command::SetSetting {
                room,
                setting: RoomSetting::Key(None),
            },
        },
        letter => match (list_of(letter), change.parameter) {
            (Some(list), Some(mask)) => {
                let given = mask.as_str();
                let (lasts, untimed) = timed(given);
                let Some(mask) = normal_mask(untimed) else {
                    return client.replies.text(
                        Numeric::ErrInvalidModeParam,
                        &[target, &letter.to_string(), given],
                        "Invalid mask",
                    );
                };
                Command::SetMask {
                    room,
                    list,
                    mask,
                    direction: direction(change.sign),
                    until: lasts.map(|lasts| crate::registration::now().plus(lasts)),
                }
            }
            (Some(_), None) | (None, _) => return,
        },
    };
    authority.ask(client, target, command).await;
}

/// Where those are to be led who may not come in, if there is such a channel.
async fn forward(client: &mut Client, given: Option<&str>) -> Option<StateChange> {
    let Some(given) = given else {
        return Some(facets::set_forward(None));
    };
    client.channel(given).await?;
    let name = ChannelName::parse(given).ok()?;
    Some(facets::set_forward(Some(&name)))
}

/// A mask that holds for a time, `~t:60:mask` or `$t:1h:mask`: for how many milliseconds, and the mask. A number alone is minutes.
fn timed(mask: &str) -> (Option<u64>, &str) {
    let found = mask
        .strip_prefix(['$', '~'])
        .and_then(|rest| rest.strip_prefix("t:"))
        .and_then(|rest| rest.split_once(':'))
        .and_then(|(time, mask)| Some((duration::parse(time)?, mask)));
    found.map_or((None, mask), |(lasts, mask)| (Some(lasts), mask))
}

/// `nick!user@host` from what was written; of extended masks those that mean something (`EXTBAN`), with `$` in front.
pub(crate) fn normal_mask(mask: &str) -> Option<Arc<str>> {
    let Some(extended) = mask.strip_prefix(['$', '~']) else {
        return Mask::new(mask).ok().map(|mask| mask.to_string().into());
    };
    if let Some(muted) = extended.strip_prefix("m:") {
        let is_nested = muted
            .strip_prefix(['$', '~'])
            .is_some_and(|rest| rest.starts_with("m:"));
        let inner = normal_mask(muted).filter(|_| !is_nested)?;
        return Some(format!("$m:{inner}").into());
    }
    let plain = extended.strip_prefix('!').unwrap_or(extended);
    let is_known = plain == "a"
        || plain.split_once(':').is_some_and(|(letter, pattern)| {
            matches!(letter, "a" | "c" | "r") && !pattern.is_empty()
        });
    is_known.then(|| format!("${extended}").into())
}

fn prefix_change(
    client: &mut Client,
    (room, target, prefix): (&RoomState, &str, Prefix),
    change: &Change<'_>,
) -> Option<PrefixChange> {
    let nick = change.parameter?.as_str();
    let Some(user) = client.world().user_named(nick) else {
        client
            .replies
            .text(Numeric::ErrNoSuchNick, &[nick], "No such nick/channel");
        return None;
    };
    if !room.is_joined(user) {
        client.replies.text(
            Numeric::ErrUserNotInChannel,
            &[nick, target],
            "They aren't on that channel",
        );
        return None;
    }
    Some(PrefixChange {
        user,
        prefix,
        direction: direction(change.sign),
    })
}

fn refused(client: &mut Client, target: &str, error: &ModeError<'_>) {
    match error {
        ModeError::Unknown(letter) => {
            let letter = letter.to_string();
            client.replies.text(
                Numeric::ErrUnknownMode,
                &[&letter],
                "is unknown mode char to me",
            );
        }
        ModeError::MissingParameter(letter) => {
            // A list mode without a mask asks for the list; only those that need one get here.
            let letter = letter.to_string();
            client.replies.text(
                Numeric::ErrInvalidModeParam,
                &[target, &letter, "*"],
                "You must specify a parameter",
            );
        }
        ModeError::BadParameter { letter, .. } | ModeError::TooMany(letter) => {
            let letter = letter.to_string();
            client.replies.text(
                Numeric::ErrInvalidModeParam,
                &[target, &letter, "*"],
                &error.to_string(),
            );
        }
        ModeError::LeftOver(_) => {
            client.replies.text(
                Numeric::ErrInvalidModeParam,
                &[target, "*", "*"],
                &error.to_string(),
            );
        }
    }
}

fn prefix_of(letter: char) -> Option<Prefix> {
    Prefix::ALL
        .into_iter()
        .find(|prefix| shown::letter(*prefix) == letter)
}

fn list_of(letter: char) -> Option<MaskList> {
    [
        MaskList::Ban,
        MaskList::Exception,
        MaskList::Invitation,
        MaskList::Quiet,
    ]
    .into_iter()
    .find(|list| shown::list_letter(*list) == letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_that_hold_for_a_time() {
        let check = |given: &str, minutes: Option<u64>, mask: &str| {
            let expected = (minutes.map(|minutes| minutes * 60_000), mask);
            assert_eq!(timed(given), expected, "{given}");
        };
        check("~t:60:bob!*@*", Some(60), "bob!*@*");
        check("$t:2h:$a:bob", Some(120), "$a:bob");
        check("~t:1d:~m:*!*@h", Some(1440), "~m:*!*@h");
        check("bob!*@*", None, "bob!*@*");
        // What is no time is no mask either: it is refused as what it is.
        check("~t:soon:bob", None, "~t:soon:bob");
        check("~t:60", None, "~t:60");
    }

    #[test]
    fn masks_have_one_form() {
        let check = |given: &str, expected: Option<&str>| {
            assert_eq!(normal_mask(given).as_deref(), expected, "{given}")
        };
        check("bob", Some("bob!*@*"));
        check("*@host", Some("*!*@host"));
        check("~a:bob", Some("$a:bob"));
        check("$a", Some("$a"));
        check("$!a", Some("$!a"));
        check("$r:*spam*", Some("$r:*spam*"));
        check("$c:#den", Some("$c:#den"));
        check("~m:bob", Some("$m:bob!*@*"));
        check("$m:~a:bob", Some("$m:$a:bob"));
        check("$m:$m:bob", None);
        check("$m:", None);
        check("$a:", None);
        check("$x:bob", None);
        check("$", None);
    }
}
