//! Length-prefixed frames, and the requests and responses that they carry.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::value::Value;

/// No frame is longer than this many bytes, twenty times what the largest layer of a lesson needs; a
/// longer one is refused before it is read.
pub const LONGEST_FRAME: usize = 16 << 20;

/// The length prefix: a little-endian `u32`.
pub const PREFIX: usize = 4;

/// The grader asks for one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Counts the calls of one worker; the response repeats it.
    pub id: u64,
    /// The function's name.
    pub function: String,
    /// Its arguments, a [`Value::List`].
    pub arguments: Value,
}

/// The worker answers one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The id of the request.
    pub id: u64,
    /// What came of it.
    pub answer: Answer,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// The function returned.
    Returned(Value),
    /// The function panicked.
    Panicked(Panic),
    /// The worker does not understand the request.
    Refused(String),
}

/// A panic, as the worker's hook saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panic {
    /// Its message.
    pub message: String,
    /// The file, as the learner knows it; empty when unknown.
    pub file: String,
    /// The line in that file; 0 when unknown.
    pub line: u32,
}

/// Encodes a message with its length before it.
///
/// # Errors
/// When the message is longer than [`LONGEST_FRAME`].
pub fn encode<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let body = postcard::to_stdvec(message).map_err(io::Error::other)?;
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= LONGEST_FRAME);
    let length = length.ok_or_else(|| {
        let most = LONGEST_FRAME >> 20;
        io::Error::other(format!(
            "{} MiB are more than the {most} MiB of a frame",
            body.len() >> 20
        ))
    })?;
    Ok([&length.to_le_bytes(), body.as_slice()].concat())
}

/// Decodes the body of a frame.
///
/// # Errors
/// When the bytes are not such a message.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> io::Result<T> {
    match postcard::take_from_bytes(body) {
        Ok((message, [])) => Ok(message),
        Ok(_) => Err(io::Error::other("failed to decode: bytes follow the message")),
        Err(error) => Err(io::Error::other(error)),
    }
}

/// Reads one message; `None` at the end of the stream.
pub(crate) fn read<T: DeserializeOwned>(stream: &mut impl Read) -> io::Result<Option<T>> {
    let mut prefix = [0; PREFIX];
    match stream.read_exact(&mut prefix) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let mut body = vec![0; u32::from_le_bytes(prefix) as usize];
    stream.read_exact(&mut body)?;
    decode(&body).map(Some)
}

/// Writes one message.
pub(crate) fn write<T: Serialize>(stream: &mut impl Write, message: &T) -> io::Result<()> {
    stream.write_all(&encode(message)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        let arguments = Value::List(vec![Value::Float(f64::NEG_INFINITY), Value::Integer(3)]);
        Request { id: 7, function: "forward".to_owned(), arguments }
    }

    #[test]
    fn a_message_survives_the_round_trip() {
        let bytes = encode(&request()).unwrap();
        assert_eq!(read::<Request>(&mut bytes.as_slice()).unwrap(), Some(request()));
    }

    #[test]
    fn truncated_or_lengthened_bodies_are_refused() {
        let bytes = encode(&request()).unwrap();
        let body = &bytes[PREFIX..];
        assert!(decode::<Request>(&body[..body.len() - 1]).is_err());
        assert!(decode::<Request>(&[body, &[0]].concat()).is_err());
    }

    #[test]
    fn nesting_without_measure_is_refused() {
        let nested = |depth: usize| {
            let mut value = Value::Bool(true);
            for _ in 0..depth {
                value = Value::List(vec![value]);
            }
            postcard::to_stdvec(&value).unwrap()
        };
        assert!(decode::<Value>(&nested(8)).is_ok());
        assert!(decode::<Value>(&nested(9)).is_err());
        let level = &nested(1)[..2];
        assert!(decode::<Value>(&level.repeat(10_000_000)).is_err());
        assert!(decode::<Value>(&nested(8)).is_ok(), "a refusal leaves nothing behind");
    }

    #[test]
    fn many_small_values_are_refused() {
        let list = |items: usize| {
            let list = Value::List(vec![Value::List(vec![Value::Bool(true); items]); 2]);
            postcard::to_stdvec(&list).unwrap()
        };
        assert!(decode::<Value>(&list(500)).is_ok());
        assert!(decode::<Value>(&list(600)).is_err());
        assert!(decode::<Value>(&list(500)).is_ok(), "a refusal leaves nothing behind");
    }

    #[test]
    fn no_bytes_whatever_are_more_than_refused() {
        let mut rng = fastrand::Rng::with_seed(1);
        let honest = encode(&request()).unwrap();
        for _ in 0..200_000 {
            let mut body = match rng.bool() {
                true => honest[PREFIX..].to_vec(),
                false => (0..rng.usize(..64)).map(|_| rng.u8(..)).collect(),
            };
            for _ in 0..rng.usize(..4) {
                let at = rng.usize(..body.len().max(1));
                if let Some(byte) = body.get_mut(at) {
                    *byte = rng.u8(..);
                }
            }
            // Whatever was read can be written and read again.
            if let Ok(read) = decode::<Request>(&body) {
                let again = encode(&read).unwrap();
                assert_eq!(encode(&decode::<Request>(&again[PREFIX..]).unwrap()).unwrap(), again);
            }
        }
    }
}
