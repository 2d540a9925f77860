//! A strict reader of syslog messages by RFC 5424.

use std::collections::BTreeMap;

/// A message, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub priority: u16,
    pub timestamp: String,
    pub hostname: String,
    pub app_name: String,
    pub message_id: String,
    pub data: BTreeMap<String, BTreeMap<String, String>>,
    pub text: String,
}

impl Message {
    pub fn alert_id(&self) -> &str {
        &self.data["saker@32473"]["id"]
    }
}

/// Takes the message apart, or says what is wrong with it.
pub fn parse(message: &[u8]) -> Result<Message, String> {
    let text = std::str::from_utf8(message).map_err(|error| error.to_string())?;
    let (priority, rest) = text.strip_prefix('<').and_then(|rest| rest.split_once('>')).ok_or("no PRI")?;
    let number: u16 = priority.parse().map_err(|_| "PRI is no number")?;
    if number > 191 || number.to_string() != priority {
        return Err(format!("PRI {priority}"));
    }
    let rest = rest.strip_prefix("1 ").ok_or("not version 1")?;
    let mut words = rest.splitn(6, ' ');
    let mut word = |longest: usize| {
        let word = words.next().unwrap_or_default();
        let fits = (1..=longest).contains(&word.len()) && word.chars().all(|c| c.is_ascii_graphic());
        if fits { Ok(word.to_owned()) } else { Err(format!("a header field is `{word}`")) }
    };
    let (timestamp, hostname, app_name, process, message_id) =
        (word(32)?, word(255)?, word(48)?, word(128)?, word(32)?);
    assert_eq!(process, "-");
    if timestamp.len() != "2018-10-25T14:09:12.581541Z".len() {
        return Err(format!("time {timestamp}"));
    }
    let (data, rest) = data(words.next().unwrap_or_default())?;
    let text = match rest.strip_prefix(' ') {
        None if rest.is_empty() => "",
        None => return Err(format!("`{rest}` behind the structured data")),
        Some(text) => match text.strip_prefix('\u{feff}') {
            Some(marked) => marked,
            None if text.is_ascii() => text,
            None => return Err("text beyond ASCII without a byte order mark".to_owned()),
        },
    };
    Ok(Message { priority: number, timestamp, hostname, app_name, message_id, data, text: text.to_owned() })
}

type Data = BTreeMap<String, BTreeMap<String, String>>;

fn data(mut rest: &str) -> Result<(Data, &str), String> {
    let mut elements = BTreeMap::new();
    if let Some(rest) = rest.strip_prefix('-') {
        return Ok((elements, rest));
    }
    while let Some(element) = rest.strip_prefix('[') {
        let end = element.find([' ', ']']).ok_or("an element without an end")?;
        let (name, mut left) = element.split_at(end);
        let mut params = BTreeMap::new();
        while let Some(param) = left.strip_prefix(' ') {
            let (key, value) = param.split_once("=\"").ok_or("a parameter without a value")?;
            let (value, after) = value_of(value)?;
            if params.insert(checked(key)?, value).is_some() {
                return Err(format!("{key} is there twice"));
            }
            left = after;
        }
        rest = left.strip_prefix(']').ok_or_else(|| format!("no end of the element before `{left}`"))?;
        if elements.insert(checked(name)?, params).is_some() {
            return Err(format!("{name} is there twice"));
        }
    }
    if elements.is_empty() { Err("no structured data".to_owned()) } else { Ok((elements, rest)) }
}

fn value_of(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match characters.next() {
                Some((_, escaped @ ('"' | '\\' | ']'))) => value.push(escaped),
                other => return Err(format!("{other:?} is escaped")),
            },
            ']' => return Err("`]` is not escaped".to_owned()),
            other => value.push(other),
        }
    }
    Err("a value without an end".to_owned())
}

fn checked(name: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_graphic() && !matches!(c, '=' | ']' | '"');
    let fits = (1..=32).contains(&name.len()) && name.chars().all(allowed);
    if fits { Ok(name.to_owned()) } else { Err(format!("`{name}` is no name")) }
}
