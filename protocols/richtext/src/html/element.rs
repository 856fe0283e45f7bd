//! What the tags and attributes of the allowed list mean.

use std::sync::Arc;

use html5ever::Attribute;

use crate::link::{Link, user_of};
use crate::palette::{Colour, Rgb};
use crate::style::{Mark, Marks, Style};
use crate::text::on_one_line;
use crate::tree::{CellKind, Image, ImageKind, Inline, Level};

/// What a tag is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Changes the style of what it holds, or nothing at all.
    Inline,
    /// Stands on lines of its own.
    Block(BlockKind),
    LineBreak,
    Rule,
    Image,
    /// Gives way to its children.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockKind {
    /// No further meaning.
    Division,
    Heading(Level),
    Quote,
    UnorderedList,
    OrderedList,
    Item,
    Preformatted,
    Table,
    Caption,
    /// `thead`, `tbody`, `tfoot`.
    RowGroup,
    Row,
    Cell(CellKind),
    Details,
    Summary,
    /// The quoted message that old clients put before a reply.
    Reply,
}

pub(crate) fn kind_of(name: &str) -> Kind {
    match name {
        "a" | "b" | "strong" | "i" | "em" | "u" | "ins" | "s" | "strike" | "del" | "code"
        | "tt" | "kbd" | "samp" | "sub" | "sup" | "span" | "font" => Kind::Inline,
        "p" | "div" | "section" | "article" | "header" | "footer" | "main" | "nav" | "aside"
        | "address" | "center" | "dl" | "dt" | "dd" | "figure" | "figcaption" => {
            Kind::Block(BlockKind::Division)
        }
        "h1" => Kind::Block(BlockKind::Heading(Level::One)),
        "h2" => Kind::Block(BlockKind::Heading(Level::Two)),
        "h3" => Kind::Block(BlockKind::Heading(Level::Three)),
        "h4" => Kind::Block(BlockKind::Heading(Level::Four)),
        "h5" => Kind::Block(BlockKind::Heading(Level::Five)),
        "h6" => Kind::Block(BlockKind::Heading(Level::Six)),
        "blockquote" => Kind::Block(BlockKind::Quote),
        "ul" => Kind::Block(BlockKind::UnorderedList),
        "ol" => Kind::Block(BlockKind::OrderedList),
        "li" => Kind::Block(BlockKind::Item),
        "pre" => Kind::Block(BlockKind::Preformatted),
        "table" => Kind::Block(BlockKind::Table),
        "caption" => Kind::Block(BlockKind::Caption),
        "thead" | "tbody" | "tfoot" => Kind::Block(BlockKind::RowGroup),
        "tr" => Kind::Block(BlockKind::Row),
        "th" => Kind::Block(BlockKind::Cell(CellKind::Header)),
        "td" => Kind::Block(BlockKind::Cell(CellKind::Data)),
        "details" => Kind::Block(BlockKind::Details),
        "summary" => Kind::Block(BlockKind::Summary),
        "mx-reply" => Kind::Block(BlockKind::Reply),
        "br" => Kind::LineBreak,
        "hr" => Kind::Rule,
        "img" => Kind::Image,
        _ => Kind::Unknown,
    }
}

/// What an element does to the style of what it holds.
#[derive(Debug, Default)]
pub(crate) struct Effect {
    marks: Marks,
    foreground: Option<Colour>,
    background: Option<Colour>,
    link: Option<Link>,
    pub(crate) mention: Option<Arc<str>>,
    spoiler: Option<Arc<str>>,
    /// Whether its words have been said in the current line.
    said: bool,
}

impl Effect {
    pub(crate) fn of(name: &str, attributes: &[Attribute]) -> Effect {
        let mut effect = Effect {
            marks: marks_of(name),
            ..Effect::default()
        };
        if name == "a" {
            let address = attribute(attributes, "href").unwrap_or_default();
            effect.mention = user_of(address).map(Arc::from);
            if effect.mention.is_none() {
                effect.link = Link::new(address);
            }
        } else if name == "span" || name == "font" {
            let colour = |name| attribute(attributes, name).and_then(colour);
            effect.foreground = colour("data-mx-color").or_else(|| colour("color"));
            effect.background = colour("data-mx-bg-color");
            effect.spoiler = attribute(attributes, "data-mx-spoiler")
                .map(|reason| Arc::from(on_one_line(reason).trim()));
        }
        effect
    }

    /// Nested effects: the inner colour counts, the outer spoiler.
    pub(crate) fn apply(&self, style: &mut Style) {
        style.marks = style.marks.union(self.marks);
        style.foreground = self.foreground.or(style.foreground);
        style.background = self.background.or(style.background);
        if style.link.is_none() {
            style.link.clone_from(&self.link);
        }
        if style.spoiler.is_none() {
            style.spoiler.clone_from(&self.spoiler);
        }
    }

    /// Whether it carries words that would be repeated in every block that it holds.
    pub(crate) fn has_words(&self) -> bool {
        self.link.is_some() || self.mention.is_some() || self.spoiler.is_some()
    }

    /// Notes that its words have been said.
    pub(crate) fn say(&mut self) {
        self.said = true;
    }

    /// Ends a link or mention.
    pub(crate) fn end_link(&mut self) {
        self.link = None;
        self.mention = None;
    }

    /// At the end of a line, lets words that have been said be said no more; what is hidden stays
    /// hidden.
    pub(crate) fn end_line(&mut self) {
        if self.said {
            self.end_link();
            if self.spoiler.is_some() {
                self.spoiler = Some(Arc::default());
            }
        }
    }
}

fn marks_of(name: &str) -> Marks {
    let mark = match name {
        "b" | "strong" => Mark::Bold,
        "i" | "em" => Mark::Italic,
        "u" | "ins" => Mark::Underline,
        "s" | "strike" | "del" => Mark::Strike,
        "code" | "tt" | "kbd" | "samp" => Mark::Code,
        "sub" => Mark::Subscript,
        "sup" => Mark::Superscript,
        _ => return Marks::NONE,
    };
    Marks::NONE.with(mark)
}

pub(crate) fn attribute<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|attribute| &*attribute.name.local == name)
        .map(|found| &*found.value)
}

/// The formula of `data-mx-maths`, if there is one.
pub(crate) fn latex(attributes: &[Attribute]) -> Option<String> {
    let latex = on_one_line(attribute(attributes, "data-mx-maths")?);
    Some(latex.trim().to_owned()).filter(|latex| !latex.is_empty())
}

/// The language of `class="language-…"`.
pub(crate) fn language(attributes: &[Attribute]) -> Option<String> {
    let mut classes = attribute(attributes, "class")?.split_whitespace();
    let language = classes.find_map(|class| class.strip_prefix("language-"))?;
    Some(on_one_line(language)).filter(|language| !language.is_empty())
}

/// A picture of the media store, or the words and the link that a picture from elsewhere comes to.
pub(crate) fn image(attributes: &[Attribute], style: &Style) -> (Style, Inline) {
    let text = |name| attribute(attributes, name).map(|text| on_one_line(text).trim().to_owned());
    let alt = text("alt")
        .filter(|alt| !alt.is_empty())
        .or_else(|| text("title"));
    let alt = alt.unwrap_or_default();
    let url = text("src").unwrap_or_default();
    if url.starts_with("mxc://") {
        let kind = match attribute(attributes, "data-mx-emoticon") {
            Some(_) => ImageKind::Emoticon,
            None => ImageKind::Picture,
        };
        return (style.clone(), Inline::Image(Image { kind, alt, url }));
    }
    let link = style.link.clone().or_else(|| Link::new(&url));
    let text = match &link {
        Some(link) if alt.is_empty() => link.to_string(),
        Some(_) | None => alt,
    };
    (
        Style {
            link,
            ..style.clone()
        },
        Inline::Text(text),
    )
}

/// `#rrggbb`, or the short `#rgb`.
fn colour(value: &str) -> Option<Colour> {
    let digits = value.trim().strip_prefix('#')?;
    let long: String = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        _ => digits.to_owned(),
    };
    Rgb::from_hex(&long).map(Colour::Rgb)
}
