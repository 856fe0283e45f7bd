//! serde over the JSON text of one frame, with errors that name the field and say of which kind they are. Verbatim content stays verbatim,
//! which serde's own tagged enums don't allow. What the fields mean is written in the types that are read.

use std::collections::HashSet;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::value::RawValue;

use crate::error::{Error, ErrorCode};
use crate::limits;

/// A name longer than this is not repeated in an error.
const REPEATED_NAME: usize = 64;

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    code: ErrorCode,
    path: String,
    message: String,
}

impl FieldError {
    fn new(code: ErrorCode, path: &str, message: impl Into<String>) -> Self {
        Self {
            code,
            path: path.into(),
            message: message.into(),
        }
    }

    /// No message of that `type`.
    pub(crate) fn unknown_type(name: &str) -> Self {
        let what = if name.len() > REPEATED_NAME {
            "there is no such type".into()
        } else {
            format!("there is no type {name:?}")
        };
        Self::new(ErrorCode::UnknownType, "type", what)
    }

    /// The same error, seen from the object or array that the value is in.
    fn inside(mut self, outer: &str) -> Self {
        let shown = if outer.len() > REPEATED_NAME {
            "..."
        } else {
            outer
        };
        self.path = match self.path.as_bytes().first() {
            None => shown.into(),
            Some(b'[') => format!("{shown}{}", self.path),
            Some(_) => format!("{shown}.{}", self.path),
        };
        self
    }
}

impl From<FieldError> for Error {
    fn from(error: FieldError) -> Self {
        if error.path.is_empty() {
            Self::new(error.code, error.message)
        } else {
            Self::in_field(error.code, error.path, error.message)
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl std::error::Error for FieldError {}

impl de::Error for FieldError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(ErrorCode::BadValue, "", message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let found = match unexpected {
            Unexpected::Bool(_) => "true or false",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a number",
            Unexpected::Float(_) => "a number that is no integer",
            Unexpected::Char(_) | Unexpected::Str(_) => "a string",
            Unexpected::Unit | Unexpected::Option => "null",
            Unexpected::Seq => "an array",
            Unexpected::Map => "an object",
            Unexpected::Bytes(_)
            | Unexpected::NewtypeStruct
            | Unexpected::Enum
            | Unexpected::UnitVariant
            | Unexpected::NewtypeVariant
            | Unexpected::TupleVariant
            | Unexpected::StructVariant
            | Unexpected::Other(_) => "another value",
        };
        Self::new(
            ErrorCode::WrongType,
            "",
            format!("must be {}, not {found}", wanted(expected)),
        )
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(
            ErrorCode::BadValue,
            "",
            format!("must be {}", wanted(expected)),
        )
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(
            ErrorCode::BadValue,
            "",
            format!("must be one of {}", expected.join(", ")),
        )
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::new(ErrorCode::UnknownField, "", "there is no such field").inside(field)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(ErrorCode::MissingField, field, "is missing")
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(ErrorCode::BadJson, field, "is there twice")
    }
}

/// What serde expects, in the words of JSON.
fn wanted(expected: &dyn de::Expected) -> String {
    match expected.to_string().as_str() {
        "u32" => "an integer from 0 to 4294967295".into(),
        "u64" => "an integer from 0".into(),
        "i64" => "an integer".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "an array".into(),
        "a map" => "an object".into(),
        name if name.starts_with("struct ") => "an object".into(),
        name if name.starts_with("enum ") => "a string".into(),
        other => other.into(),
    }
}

/// The fields of one JSON object, each with the text of its value.
#[derive(Debug, Default)]
pub(crate) struct Object<'de> {
    fields: Vec<(String, &'de RawValue)>,
}

impl<'de> Object<'de> {
    /// Reads the outermost object of a frame. Nested values are known to be JSON afterwards, and are read when their field is.
    pub(crate) fn parse(text: &'de str, depth: usize) -> Result<Self, FieldError> {
        if nests_deeper(text, depth) {
            return Err(FieldError::new(
                ErrorCode::BadJson,
                "",
                format!("is nested deeper than {depth} levels"),
            ));
        }
        if text
            .bytes()
            .find(|byte| !byte.is_ascii_whitespace())
            .is_some_and(|byte| byte != b'{')
        {
            return Err(FieldError::new(
                ErrorCode::BadJson,
                "",
                "the frame is not one JSON object",
            ));
        }
        serde_json::from_str(text)
            .map_err(|error| FieldError::new(ErrorCode::BadJson, "", error.to_string()))
    }

    /// Takes a field out and reads it.
    pub(crate) fn take<T: Deserialize<'de>>(
        &mut self,
        name: &'static str,
    ) -> Result<T, FieldError> {
        self.take_if_there(name)?
            .ok_or_else(|| de::Error::missing_field(name))
    }

    /// Takes a field out and reads it, if it is there and not null.
    pub(crate) fn take_if_there<T: Deserialize<'de>>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, FieldError> {
        let Some(place) = self.fields.iter().position(|(field, _)| field == name) else {
            return Ok(None);
        };
        let (_, raw) = self.fields.swap_remove(place);
        Option::deserialize(Json(raw.get())).map_err(|error| error.inside(name))
    }

    /// Whether no field is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut object = Object::default();
                let mut seen = HashSet::new();
                while let Some((name, raw)) = map.next_entry::<String, &'de RawValue>()? {
                    if !seen.insert(name.clone()) {
                        return Err(de::Error::custom("a name is there twice in one object"));
                    }
                    object.fields.push((name, raw));
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl<'de> Deserializer<'de> for Object<'de> {
    type Error = FieldError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_map(Fields {
            rest: self.fields.into_iter(),
            current: None,
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        visitor.visit_enum(MapAccessDeserializer::new(Fields {
            rest: self.fields.into_iter(),
            current: None,
        }))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

/// Hands the fields of an object to a visitor and adds their names to errors.
struct Fields<'de> {
    rest: std::vec::IntoIter<(String, &'de RawValue)>,
    current: Option<(String, &'de RawValue)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = FieldError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, FieldError> {
        self.current = self.rest.next();
        let Some((name, _)) = &self.current else {
            return Ok(None);
        };
        let name: StrDeserializer<'_, FieldError> = name.as_str().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, FieldError> {
        let Some((name, raw)) = self.current.take() else {
            return Err(de::Error::custom("a value was asked for before its name"));
        };
        seed.deserialize(Json(raw.get()))
            .map_err(|error| error.inside(&name))
    }
}

/// The text of one value that is known to be JSON.
#[derive(Clone, Copy)]
struct Json<'de>(&'de str);

impl<'de> Json<'de> {
    fn number<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        let out_of_range = || {
            FieldError::new(
                ErrorCode::BadValue,
                "",
                "integers must be within \u{b1}(2^53-1)",
            )
        };
        // -0 is no integer in canonical JSON, and no reader keeps it as one.
        if self.0.contains(['.', 'e', 'E']) || self.0 == "-0" {
            return visitor.visit_f64(self.0.parse().unwrap_or(f64::NAN));
        }
        let integer: i64 = self.0.parse().map_err(|_| out_of_range())?;
        if integer.unsigned_abs() > limits::INTEGER {
            return Err(out_of_range());
        }
        match u64::try_from(integer) {
            Ok(natural) => visitor.visit_u64(natural),
            Err(_) => visitor.visit_i64(integer),
        }
    }

    /// Reads what can only fail because a string holds half a surrogate pair, or an object a name twice.
    fn read<T: Deserialize<'de>>(self) -> Result<T, FieldError> {
        serde_json::from_str(self.0).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => FieldError::new(
                ErrorCode::BadJson,
                "",
                "a name is there twice in one object",
            ),
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => FieldError::new(
                ErrorCode::BadValue,
                "",
                "is not Unicode: half a surrogate pair",
            ),
        })
    }
}

impl<'de> Deserializer<'de> for Json<'de> {
    type Error = FieldError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self.0.bytes().next() {
            Some(b'"') => visitor.visit_string(self.read()?),
            Some(b'{') => self.read::<Object<'_>>()?.deserialize_any(visitor),
            Some(b'[') => {
                let items: Vec<&RawValue> = self.read()?;
                visitor.visit_seq(Items {
                    rest: items.into_iter().enumerate(),
                })
            }
            Some(b't') => visitor.visit_bool(true),
            Some(b'f') => visitor.visit_bool(false),
            Some(b'n') => visitor.visit_unit(),
            Some(_) => self.number(visitor),
            None => Err(FieldError::new(ErrorCode::BadJson, "", "there is no value")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        if self.0 == "null" {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        match self.0.bytes().next() {
            Some(b'"') => visitor.visit_enum(self.read::<String>()?.into_deserializer()),
            Some(b'{') => self
                .read::<Object<'_>>()?
                .deserialize_enum(name, variants, visitor),
            Some(_) | None => self.deserialize_any(visitor),
        }
    }

    /// serde would also take an array with the fields in order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        if self.0.starts_with('[') {
            return Err(de::Error::invalid_type(Unexpected::Seq, &visitor));
        }
        self.deserialize_any(visitor)
    }

    /// Only serde_json's raw values ask for this: the types of this crate are transparent. They know their own text.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        serde_json::Deserializer::from_str(self.0)
            .deserialize_newtype_struct(name, visitor)
            .map_err(de::Error::custom)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        identifier ignored_any
    }
}

/// Hands the items of an array to a visitor and adds their places to errors.
struct Items<'de> {
    rest: std::iter::Enumerate<std::vec::IntoIter<&'de RawValue>>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = FieldError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, FieldError> {
        let Some((place, raw)) = self.rest.next() else {
            return Ok(None);
        };
        seed.deserialize(Json(raw.get()))
            .map(Some)
            .map_err(|error| error.inside(&format!("[{place}]")))
    }
}

/// Whether arrays and objects nest deeper than `limit`. Looks at brackets outside of strings only; whether the text is JSON is seen later.
fn nests_deeper(text: &str, limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth = depth.saturating_add(1);
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}
