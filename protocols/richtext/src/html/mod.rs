//! Matrix HTML: `format: org.matrix.custom.html`, Matrix client-server API, section
//! `m.room.message`.
//!
//! Only the tags and attributes listed there are read with a meaning, and only they are written.

pub(crate) mod builder;
pub(crate) mod element;
pub(crate) mod frame;
pub(crate) mod line;
pub(crate) mod parse;
pub(crate) mod render;
