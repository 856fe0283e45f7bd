//! A deserialiser over a parsed TOML file that finds every mistake, not only the first, and knows where each stands. It does not parse TOML.
//!
//! A `Deserialize` stops at its first mistake, so [`read`] starts again without the offending key until none is left. Unknown keys are noted on the way.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Expected, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::{Deserializer, forward_to_deserialize_any};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problem};
use super::similar::nearest;

/// Reads a value from a table. Gives all mistakes in the order in which they were met, and the value without the keys that are mistaken,
/// unless too little is left for one.
pub fn read<T: DeserializeOwned>(table: Spanned<DeTable<'_>>) -> (Option<T>, Vec<Problem>) {
    let span = table.span();
    let root = Spanned::new(span, DeValue::Table(table.into_inner()));
    let pass = RefCell::default();
    loop {
        let read = T::deserialize(Node {
            value: &root,
            path: String::new(),
            pass: &pass,
        });
        match read {
            Ok(value) => return (Some(value), pass.into_inner().problems),
            Err(fault) => {
                let mut pass = pass.borrow_mut();
                if !pass.note(fault) {
                    // The key was left out already and is still at fault: nothing is gained by another round.
                    return (None, std::mem::take(&mut pass.problems));
                }
            }
        }
    }
}

/// What the rounds of [`read`] have learnt.
#[derive(Default)]
struct Pass {
    problems: Vec<Problem>,
    /// Full keys that are left out from now on.
    skipped: BTreeSet<String>,
}

impl Pass {
    /// Notes a mistake and leaves its key out. Whether that is new.
    fn note(&mut self, fault: Fault) -> bool {
        // What was left out for a mistake of its own is not missing as well.
        let follows = fault
            .missing
            .is_some_and(|field| self.skipped.contains(&join(&fault.path, field)));
        let new = self.skipped.insert(fault.path.clone());
        if !follows {
            self.problems.push(Problem {
                place: Place::File(fault.span.unwrap_or(0..0)),
                key: fault.path,
                message: fault.message,
                suggestion: fault.suggestion,
            });
        }
        new
    }
}

/// One value of the file, and the way to it.
struct Node<'a, 'i> {
    value: &'a Spanned<DeValue<'i>>,
    path: String,
    pass: &'a RefCell<Pass>,
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// A mistake on its way out to where its place is known.
#[derive(Debug)]
pub struct Fault {
    message: String,
    suggestion: Option<String>,
    missing: Option<&'static str>,
    path: String,
    span: Option<Range<usize>>,
}

impl Fault {
    fn new(message: String) -> Self {
        Self {
            message,
            suggestion: None,
            missing: None,
            path: String::new(),
            span: None,
        }
    }

    /// Adds the place, unless a deeper value has done so.
    fn at(mut self, path: &str, span: Range<usize>) -> Self {
        if self.span.is_none() {
            self.span = Some(span);
            path.clone_into(&mut self.path);
        }
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!(
            "expected {}, found {}",
            plain(&expected.to_string()),
            described(found)
        ))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let mut fault = Self::new(format!(
            "expected one of {}, found {found:?}",
            list(expected)
        ));
        fault.suggestion = nearest(found, expected).map(ToOwned::to_owned);
        fault
    }

    fn missing_field(field: &'static str) -> Self {
        let mut fault = Self::new(format!("expected a key `{field}` in this table"));
        fault.missing = Some(field);
        fault
    }
}

/// Words of an operator for words of a programmer.
fn plain(expected: &str) -> String {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" | "path string" => "a text in quotes".to_owned(),
        "a sequence" => "a list".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other if other.starts_with("enum ") => "a word in quotes".to_owned(),
        other => other.to_owned(),
    }
}

fn described(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(value) => value.to_string(),
        Unexpected::Signed(value) => value.to_string(),
        Unexpected::Float(value) => value.to_string(),
        Unexpected::Str(value) => format!("{value:?}"),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        Unexpected::Char(_)
        | Unexpected::Bytes(_)
        | Unexpected::Unit
        | Unexpected::Option
        | Unexpected::NewtypeStruct
        | Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant
        | Unexpected::Other(_) => found.to_string(),
    }
}

fn list(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("{word:?}"))
        .collect::<Vec<_>>()
        .join(", ")
}

impl<'a, 'i> Node<'a, 'i> {
    fn child(&self, key: &str, value: &'a Spanned<DeValue<'i>>) -> Self {
        Self {
            value,
            path: join(&self.path, key),
            pass: self.pass,
        }
    }

    /// Notes the keys that are not among `fields`, once, and leaves them out.
    fn note_unknown(&self, table: &DeTable<'i>, fields: &'static [&'static str]) {
        let mut pass = self.pass.borrow_mut();
        for key in table
            .keys()
            .filter(|key| !fields.contains(&key.get_ref().as_ref()))
        {
            let path = join(&self.path, key.get_ref());
            if pass.skipped.insert(path.clone()) {
                let suggestion = nearest(key.get_ref(), fields).map(ToOwned::to_owned);
                let message = match suggestion {
                    Some(_) => "unknown key".to_owned(),
                    None => format!("unknown key, expected one of {}", fields.join(", ")),
                };
                pass.problems.push(Problem {
                    place: Place::File(key.span()),
                    key: path,
                    message,
                    suggestion,
                });
            }
        }
    }
}

impl<'de> Deserializer<'de> for Node<'_, '_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let (path, span) = (self.path.clone(), self.value.span());
        let result = match self.value.get_ref() {
            DeValue::String(text) => visitor.visit_str(text),
            DeValue::Boolean(value) => visitor.visit_bool(*value),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => visitor.visit_i64(number),
                    Err(_) => Err(Fault::new(
                        "expected a whole number of at most 64 bits".to_owned(),
                    )),
                }
            }
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => visitor.visit_f64(number),
                Err(_) => Err(Fault::new("expected a number".to_owned())),
            },
            DeValue::Datetime(value) => visitor.visit_string(value.to_string()),
            DeValue::Array(values) => {
                let nodes: Vec<_> = values
                    .iter()
                    .enumerate()
                    // Counted from 1, as people count `[[listen]]` tables.
                    .map(|(index, value)| Node {
                        value,
                        path: format!("{path}[{}]", index + 1),
                        pass: self.pass,
                    })
                    .filter(|node| !node.pass.borrow().skipped.contains(&node.path))
                    .collect();
                visitor.visit_seq(Elements {
                    nodes: nodes.into_iter(),
                })
            }
            DeValue::Table(table) => {
                let entries: Vec<_> = table
                    .iter()
                    .map(|(key, value)| {
                        (key.get_ref().to_string(), self.child(key.get_ref(), value))
                    })
                    .filter(|(_, node)| !node.pass.borrow().skipped.contains(&node.path))
                    .collect();
                visitor.visit_map(Entries {
                    entries: entries.into_iter(),
                    value: None,
                })
            }
        };
        result.map_err(|fault| fault.at(&path, span))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if let DeValue::Table(table) = self.value.get_ref() {
            self.note_unknown(table, fields);
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let result = match self.value.get_ref() {
            DeValue::String(word) => visitor.visit_enum(StrDeserializer::new(word)),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => Err(Fault::new(format!("expected one of {}", list(variants)))),
        };
        result.map_err(|fault: Fault| fault.at(&self.path, self.value.span()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Elements<'a, 'i> {
    nodes: std::vec::IntoIter<Node<'a, 'i>>,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        match self.nodes.next() {
            Some(node) => {
                let (path, span) = (node.path.clone(), node.value.span());
                seed.deserialize(node)
                    .map(Some)
                    .map_err(|fault| fault.at(&path, span))
            }
            None => Ok(None),
        }
    }
}

struct Entries<'a, 'i> {
    entries: std::vec::IntoIter<(String, Node<'a, 'i>)>,
    value: Option<Node<'a, 'i>>,
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        match self.entries.next() {
            Some((key, node)) => {
                self.value = Some(node);
                seed.deserialize(StrDeserializer::new(&key)).map(Some)
            }
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some(node) = self.value.take() else {
            return Err(Fault::new(
                "a value was asked for before its key".to_owned(),
            ));
        };
        let (path, span) = (node.path.clone(), node.value.span());
        // The value's own conversion (an address, a name) fails after its deserialisation, and so gets its place here.
        seed.deserialize(node)
            .map_err(|fault| fault.at(&path, span))
    }
}

/// Where the value of each key stands, by full key.
pub fn places(table: &DeTable<'_>) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    for (key, value) in table {
        visit(key.get_ref(), value, &mut found);
    }
    found
}

/// The depth is bounded by the parser, which refuses deep nesting.
fn visit(path: &str, value: &Spanned<DeValue<'_>>, found: &mut Vec<(String, Range<usize>)>) {
    found.push((path.to_owned(), value.span()));
    match value.get_ref() {
        DeValue::Table(table) => table
            .iter()
            .for_each(|(key, value)| visit(&join(path, key.get_ref()), value, found)),
        DeValue::Array(values) => values
            .iter()
            .enumerate()
            .for_each(|(index, value)| visit(&format!("{path}[{}]", index + 1), value, found)),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => {}
    }
}
