//! The one gate for reading: whether a user may see an event, given the room's visibility at that event and the spans of his membership.
//! Everything that shows, quotes, counts or previews an event asks here.

use serde::{Deserialize, Serialize};

use crate::ids::{RoomSequence, UserId};
use crate::room::{Membership, RoomKind};

/// `m.room.history_visibility` (Matrix client-server API "Room history visibility").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum HistoryVisibility {
    /// Anyone, members or not.
    WorldReadable,
    /// Members, everything since this was set.
    #[default]
    Shared,
    /// Members, from the moment of their invitation.
    Invited,
    /// Members, from the moment they joined.
    Joined,
}

/// What a membership span means for reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpanKind {
    /// Joined.
    Joined,
    /// Invited.
    Invited,
    /// Asked into a conversation of two, which he reads from there on.
    Addressed,
}

impl SpanKind {
    /// What the span of an invitation means in a room of this kind.
    #[must_use]
    pub fn of_invited(kind: RoomKind, user: UserId) -> Self {
        if kind.reaches(user, Membership::Invite) {
            Self::Addressed
        } else {
            Self::Invited
        }
    }
}

/// A stretch of a room's events during which a user was joined or invited. `from` is the event that began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Joined or invited.
    pub kind: SpanKind,
    /// The first event in it.
    pub from: RoomSequence,
    /// The last event in it: the one that ended it. Nothing while it lasts.
    pub to: Option<RoomSequence>,
}

impl Span {
    fn holds(&self, event: RoomSequence) -> bool {
        self.from <= event && self.to.is_none_or(|to| event <= to)
    }

    fn ends_at_or_after(&self, event: RoomSequence) -> bool {
        self.to.is_none_or(|to| event <= to)
    }
}

/// Everything that the decision needs, for one viewer and one room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    /// The viewer's spans in the room, in any order.
    pub spans: Vec<Span>,
    /// From which event each visibility was in force, in order. Before the first, [`HistoryVisibility::Shared`] is.
    pub visibilities: Vec<(RoomSequence, HistoryVisibility)>,
}

impl Gate {
    /// Whether the viewer may see the event at this place in the room.
    ///
    /// A change of visibility is itself seen by those who may see under the old rule or the new one, as the specification asks for
    /// memberships: the span that begins or ends with an event holds that event.
    #[must_use]
    pub fn visible(&self, event: RoomSequence) -> bool {
        if self.addressed_at(event) {
            return true;
        }
        match self.in_force_at(event) {
            HistoryVisibility::WorldReadable => true,
            // Joined then, or at any time after it.
            HistoryVisibility::Shared => self.joined().any(|span| span.ends_at_or_after(event)),
            // Joined then, or invited then and joined later.
            HistoryVisibility::Invited => {
                self.joined_at(event)
                    || self.spans.iter().any(|span| {
                        span.kind == SpanKind::Invited
                            && span.holds(event)
                            && self.joined().any(|joined| joined.ends_at_or_after(event))
                    })
            }
            HistoryVisibility::Joined => self.joined_at(event),
        }
    }

    /// The visibility in force at an event.
    #[must_use]
    pub fn in_force_at(&self, event: RoomSequence) -> HistoryVisibility {
        self.visibilities
            .iter()
            .rev()
            .find(|(from, _)| *from <= event)
            .map_or(HistoryVisibility::Shared, |(_, visibility)| *visibility)
    }

    fn joined(&self) -> impl Iterator<Item = &Span> {
        self.spans
            .iter()
            .filter(|span| span.kind == SpanKind::Joined)
    }

    fn addressed_at(&self, event: RoomSequence) -> bool {
        self.spans
            .iter()
            .any(|span| span.kind == SpanKind::Addressed && span.holds(event))
    }

    fn joined_at(&self, event: RoomSequence) -> bool {
        self.joined().any(|span| span.holds(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(visibility: HistoryVisibility, spans: &[(SpanKind, u64, Option<u64>)]) -> Gate {
        Gate {
            spans: spans
                .iter()
                .map(|(kind, from, to)| Span {
                    kind: *kind,
                    from: RoomSequence(*from),
                    to: to.map(RoomSequence),
                })
                .collect(),
            visibilities: vec![(RoomSequence(1), visibility)],
        }
    }

    #[test]
    fn who_sees_what() {
        use HistoryVisibility::{Invited, Joined, Shared, WorldReadable};
        // Invited at 5, joined at 10, left at 20.
        let spans = [
            (SpanKind::Invited, 5, Some(10)),
            (SpanKind::Joined, 10, Some(20)),
        ];
        let check =
            |visibility, spans: &[(SpanKind, u64, Option<u64>)], seen: &[u64], hidden: &[u64]| {
                let gate = gate(visibility, spans);
                for event in seen {
                    assert!(
                        gate.visible(RoomSequence(*event)),
                        "{visibility:?} {event} must be seen"
                    );
                }
                for event in hidden {
                    assert!(
                        !gate.visible(RoomSequence(*event)),
                        "{visibility:?} {event} must be hidden"
                    );
                }
            };
        check(WorldReadable, &[], &[1, 100], &[]);
        check(Shared, &spans, &[1, 5, 10, 20], &[21, 100]);
        check(Invited, &spans, &[5, 9, 10, 20], &[1, 4, 21]);
        check(Joined, &spans, &[10, 20], &[1, 5, 9, 21]);
        let addressed = [(SpanKind::Addressed, 5, Some(10))];
        check(Shared, &addressed, &[5, 9, 10], &[1, 4, 11]);
        check(Joined, &addressed, &[5, 9, 10], &[1, 4, 11]);
        check(Shared, &[], &[], &[1, 100]);
        check(Invited, &[(SpanKind::Invited, 5, None)], &[], &[1, 5, 6]);
        check(
            Joined,
            &[(SpanKind::Joined, 3, Some(4)), (SpanKind::Joined, 8, None)],
            &[3, 4, 8, 99],
            &[2, 5, 7],
        );
    }

    #[test]
    fn a_narrower_visibility_hides_only_what_comes_after_it() {
        let gate = Gate {
            spans: vec![Span {
                kind: SpanKind::Joined,
                from: RoomSequence(30),
                to: None,
            }],
            visibilities: vec![
                (RoomSequence(1), HistoryVisibility::Shared),
                (RoomSequence(10), HistoryVisibility::Joined),
            ],
        };
        assert!(gate.visible(RoomSequence(9)));
        assert!(!gate.visible(RoomSequence(10)));
        assert!(gate.visible(RoomSequence(30)));
    }
}
