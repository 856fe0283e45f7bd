//! The words of a text, whichever protocol they came from: plain, and formatted where there is any formatting.

use std::sync::Arc;

use polylogue_core::body::unbroken;
use polylogue_core::{Form, Relation};
use polylogue_richtext::{from_html, from_irc, strip, to_html};
use serde_json::Value;

/// Bytes of HTML beyond which only the plain text is given: the same tags, written out in full, may take many times the room of the author's
/// own, and a frame has to hold them.
const HTML: usize = 256 * 1024;

/// A text without formatting and, where it has any, with it. HTML holds nothing but what Matrix allows.
pub(crate) fn words(form: &Form, relation: Option<Relation>) -> (Arc<str>, Option<Arc<str>>) {
    let (text, html) = match form {
        Form::Native { text, html } => (text.clone(), html.as_deref().and_then(clean)),
        Form::Irc(text) => {
            let text = unbroken(text);
            (strip(&text).into(), to_html(&from_irc(&text)))
        }
        Form::Matrix(content) => {
            let content = content.value();
            let edited = match relation {
                Some(Relation::Edit(_)) => content.get("m.new_content"),
                Some(Relation::Reply(_) | Relation::Thread { .. } | Relation::Reaction(_))
                | None => None,
            };
            of_matrix(edited.unwrap_or(&content), relation)
        }
    };
    (text, html.filter(|html| html.len() <= HTML).map(Arc::from))
}

/// Matrix client-server API "m.room.message", `body` and `formatted_body`.
fn of_matrix(content: &Value, relation: Option<Relation>) -> (Arc<str>, Option<String>) {
    let field = |name| content.get(name).and_then(Value::as_str);
    let body = field("body").unwrap_or_default();
    let is_reply = match relation {
        Some(Relation::Reply(_) | Relation::Thread { reply: Some(_), .. }) => true,
        Some(Relation::Thread { reply: None, .. } | Relation::Edit(_) | Relation::Reaction(_))
        | None => false,
    };
    let html = match field("format") {
        Some("org.matrix.custom.html") => field("formatted_body").and_then(clean),
        Some(_) | None => None,
    };
    let body = if is_reply {
        without_fallback(body)
    } else {
        body
    };
    (body.into(), html)
}

/// The quote that older Matrix clients put before an answer ("Fallbacks for rich replies", Matrix client-server API v1.12), taken away.
fn without_fallback(body: &str) -> &str {
    if !body.starts_with("> <") && !body.starts_with("> * <") {
        return body;
    }
    let mut rest = body;
    while rest.starts_with('>') {
        rest = rest.split_once('\n').map_or("", |(_, below)| below);
    }
    rest.strip_prefix('\n').unwrap_or(rest)
}

fn clean(html: &str) -> Option<String> {
    to_html(&from_html(html))
}

/// What to show of media whose content means nothing to a client.
pub(super) fn media_text(kind: &str, content: &Value) -> Option<Arc<str>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let body = content.get("body").and_then(text);
    let label = match kind {
        "m.sticker" => "sticker",
        "m.room.message" => match content.get("msgtype").and_then(Value::as_str)? {
            "m.image" => "image",
            "m.audio" => "audio",
            "m.video" => "video",
            "m.location" => "location",
            _ => "file",
        },
        // MSC3381, stable and unstable.
        "m.poll.start" | "org.matrix.msc3381.poll.start" => {
            let poll = content
                .get("m.poll")
                .or_else(|| content.get("org.matrix.msc3381.poll.start"))?;
            let question = poll.get("question")?;
            let question = ["m.text", "org.matrix.msc1767.text", "body"]
                .iter()
                .find_map(|field| question.get(field))?;
            let question = text(question).or_else(|| {
                let first = question.as_array()?.first()?;
                first.get("body").and_then(text)
            })?;
            return Some(format!("[poll] {question}").into());
        }
        _ => return body.map(Arc::from),
    };
    Some(match body {
        Some(body) => format!("[{label}] {body}").into(),
        None => format!("[{label}]").into(),
    })
}

#[cfg(test)]
mod tests {
    use polylogue_core::{EventRef, Json, Position, RoomSequence, UserId};
    use serde_json::json;

    use super::*;

    const TARGET: EventRef = EventRef {
        sequence: RoomSequence(1),
        position: Position(1),
        author: UserId(1),
    };

    fn check(form: &Form, relation: Option<Relation>, text: &str, html: Option<&str>) {
        let (got_text, got_html) = words(form, relation);
        assert_eq!((&*got_text, got_html.as_deref()), (text, html), "{form:?}");
    }

    fn matrix(content: Value) -> Form {
        Form::Matrix(Json::from_value(&content).unwrap())
    }

    #[test]
    fn every_form_has_words() {
        check(&Form::Irc("plain".into()), None, "plain", None);
        check(
            &Form::Irc("\u{2}bold\u{2} <b>".into()),
            None,
            "bold <b>",
            Some("<strong>bold</strong> &lt;b&gt;"),
        );
        let native = |html: Option<&str>| Form::Native {
            text: "t".into(),
            html: html.map(Arc::from),
        };
        check(&native(None), None, "t", None);
        check(&native(Some("<em>t</em>")), None, "t", Some("<em>t</em>"));
        check(
            &native(Some("<em>t</em><script>alert(1)</script>")),
            None,
            "t",
            Some("<em>t</em>"),
        );
        let html = json!({"body": "*x*", "format": "org.matrix.custom.html", "formatted_body": "<b>x</b>"});
        check(&matrix(html), None, "*x*", Some("<strong>x</strong>"));
        check(
            &matrix(json!({"body": "x", "formatted_body": "<b>x</b>"})),
            None,
            "x",
            None,
        );
        check(&matrix(json!({})), None, "", None);
    }

    #[test]
    fn matrix_replies_and_edits_say_what_is_new() {
        let reply = json!({"body": "> <@a:b> old\n> more\n\nnew\n> kept"});
        check(
            &matrix(reply.clone()),
            Some(Relation::Reply(TARGET)),
            "new\n> kept",
            None,
        );
        check(
            &matrix(reply),
            None,
            "> <@a:b> old\n> more\n\nnew\n> kept",
            None,
        );
        check(
            &matrix(json!({"body": "> a quote\n\nof my own"})),
            Some(Relation::Reply(TARGET)),
            "> a quote\n\nof my own",
            None,
        );
        check(
            &matrix(json!({"body": "* new", "m.new_content": {"body": "new"}})),
            Some(Relation::Edit(TARGET)),
            "new",
            None,
        );
    }

    #[test]
    fn html_that_grows_too_long_is_left_out() {
        let nested = format!("<b><i><u><s>{}", "<p>x".repeat(12_000));
        let form = Form::Native {
            text: "x".into(),
            html: Some(nested.into()),
        };
        check(&form, None, "x", None);
    }

    #[test]
    fn media_have_a_text_to_show() {
        let check = |kind: &str, content: Value, want: Option<&str>| {
            assert_eq!(media_text(kind, &content).as_deref(), want, "{kind}");
        };
        let message = "m.room.message";
        check(
            message,
            json!({"msgtype": "m.image", "body": "rose.jpg"}),
            Some("[image] rose.jpg"),
        );
        check(
            message,
            json!({"msgtype": "m.location"}),
            Some("[location]"),
        );
        check(
            message,
            json!({"msgtype": "x.y", "body": "b"}),
            Some("[file] b"),
        );
        check(
            "m.sticker",
            json!({"body": "a rose"}),
            Some("[sticker] a rose"),
        );
        let poll = json!({"m.poll": {"question": {"m.text": [{"body": "tulips?"}]}}});
        check("m.poll.start", poll, Some("[poll] tulips?"));
        let poll = json!({"org.matrix.msc3381.poll.start": {"question": {"org.matrix.msc1767.text": "tulips?"}}});
        check(
            "org.matrix.msc3381.poll.start",
            poll,
            Some("[poll] tulips?"),
        );
        check("m.poll.start", json!({}), None);
        check("x.y", json!({"body": "b"}), Some("b"));
    }
}
