//! `LIST`: channels by name, topic and size.

use polylogue_core::Listing;
use polylogue_core::mask::glob;

use crate::names;
use crate::render::mode;
use crate::services::{Call, Standing, Verb};

/// Channels in one answer.
const MOST: usize = 60;

pub(super) const VERB: Verb = Verb {
    name: "LIST",
    aliases: &["SEARCH"],
    syntax: "<pattern> [-min n] [-max n] [-skip n] [-topic pattern]",
    about: &[
        "Finds channels in the directory. In patterns * stands for any text and ? for one letter.",
        "-min and -max: how many members. -topic: what the topic is like. -skip: how many to pass over, after the first 60.",
    ],
    standing: Standing::Anybody,
    run: |call| Box::pin(run(call)),
};

/// What is looked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Search {
    name: String,
    least: Option<usize>,
    most: Option<usize>,
    skip: usize,
    topic: Option<String>,
}

impl Search {
    fn meets(&self, room: &Listing, name: &str) -> bool {
        let topic = room.topic.as_ref().map_or("", |topic| &topic.text);
        glob(&self.name, name)
            && self.least.is_none_or(|least| room.joined >= least)
            && self.most.is_none_or(|most| room.joined <= most)
            && self.topic.as_ref().is_none_or(|like| glob(like, topic))
    }
}

/// Reads the words of a search; says what is wrong with them otherwise.
fn parse<'w>(mut words: impl FnMut() -> Option<&'w str>) -> Result<Search, String> {
    let name = words().ok_or("")?;
    let mut search = Search {
        name: name.to_owned(),
        ..Search::default()
    };
    while let Some(option) = words() {
        let value = words().ok_or_else(|| format!("{option} needs a value"))?;
        let number = || {
            value
                .parse::<usize>()
                .map_err(|_| format!("{option} needs a number"))
        };
        match option.to_ascii_lowercase().as_str() {
            "-min" => search.least = Some(number()?),
            "-max" => search.most = Some(number()?),
            "-skip" => search.skip = number()?,
            "-topic" => search.topic = Some(value.to_owned()),
            _ => return Err(format!("There is no option {option}")),
        }
    }
    Ok(search)
}

async fn run(mut call: Call<'_>) {
    let search = match parse(|| call.word()) {
        Ok(search) => search,
        Err(wrong) if wrong.is_empty() => return call.syntax(),
        Err(wrong) => return call.say(&wrong),
    };
    let world = call.client.world();
    let listed = names::without_gone(&world, world.state.directory.values());
    let mut found: Vec<(usize, String)> = listed
        .iter()
        .filter_map(|room| {
            let name = names::listed(room)?;
            let topic = room.topic.as_ref();
            let topic = topic.map_or_else(String::new, |topic| mode::one_line(&topic.text));
            let line = format!("{name}  {}  {topic}", room.joined);
            search.meets(room, name).then_some((room.joined, line))
        })
        .collect();
    found.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let count = found.len();
    call.say(&format!("Channels like {}:", search.name));
    for (_, line) in found.iter().skip(search.skip).take(MOST) {
        call.say(line);
    }
    let shown = search.skip.saturating_add(MOST);
    if shown < count {
        call.say(&format!("{count} in all. More: -skip {shown}"));
    }
    call.say("End of output");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches() {
        let read = |text: &str| {
            let mut words = text.split_whitespace();
            parse(|| words.next())
        };
        let search = read("*garden* -min 2 -topic *may*").unwrap();
        assert_eq!(search.name, "*garden*");
        assert_eq!((search.least, search.most), (Some(2), None));
        assert_eq!(search.topic.as_deref(), Some("*may*"));
        for wrong in ["", "#a -min", "#a -min x", "#a -frob 1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
