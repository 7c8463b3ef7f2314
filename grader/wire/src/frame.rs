//! Length-prefixed frames, and the requests and responses that they carry.
//!
//! The grader sends a [`Request`]. The worker answers with [`Response`]s: any number of
//! [`Answer::Asks`], each of which the grader answers with a [`Reply`], then one of the other answers.

use std::io::{self, Read, Write};

use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::value::{Value, too_many};

/// No frame is longer than this many bytes; a longer one is refused before there is memory for it.
pub const MAX_FRAME_BYTES: usize = 64 << 20;

/// How long a message may be that is read at once.
const SHORT_BYTES: usize = 512;

/// The length prefix: a little-endian `u32`.
pub const PREFIX: usize = 4;

/// The grader asks for one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Counts the calls of one worker; responses and replies repeat it.
    pub id: u64,
    /// The function's name.
    pub function: String,
    /// Its arguments, a [`Value::Tuple`].
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
    /// The worker does not understand the request, or cannot send the result.
    Refused(String),
    /// The function calls one of its arguments, and waits for a [`Reply`].
    Asks {
        /// The number of the callback.
        callback: u32,
        /// Its arguments, a [`Value::Tuple`].
        arguments: Value,
    },
}

/// The grader answers [`Answer::Asks`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The id of the request.
    pub id: u64,
    /// The callback's result, or the message with which it panics in the worker.
    pub outcome: Result<Value, String>,
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
/// When the message is longer than [`MAX_FRAME_BYTES`], or its values are more than can be read.
pub fn encode<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let encoded = postcard::serialize_with_flavor(message, Framed(vec![0; PREFIX]));
    encoded.map_err(|error| match error {
        postcard::Error::SerializeBufferFull => io::Error::other(format!(
            "a value is too large: more than {} MiB",
            MAX_FRAME_BYTES >> 20
        )),
        postcard::Error::SerdeSerCustom => io::Error::other(too_many()),
        error => io::Error::other(error),
    })
}

/// A frame that is being written: the prefix, and the body so far.
struct Framed(Vec<u8>);

impl Flavor for Framed {
    type Output = Vec<u8>;

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        if bytes.len() > PREFIX + MAX_FRAME_BYTES - self.0.len() {
            return Err(postcard::Error::SerializeBufferFull);
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    fn finalize(mut self) -> postcard::Result<Vec<u8>> {
        let length = u32::try_from(self.0.len() - PREFIX);
        let length = length.map_err(|_| postcard::Error::SerializeBufferFull)?;
        self.0[..PREFIX].copy_from_slice(&length.to_le_bytes());
        Ok(self.0)
    }
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

/// Reads one message; `None` at the end of the stream. Nobody sends a second one before the first is
/// answered, so a short message takes a single call of the system.
pub(crate) fn read<T: DeserializeOwned>(stream: &mut impl Read) -> io::Result<Option<T>> {
    let mut chunk = [0; SHORT_BYTES];
    let mut received = 0;
    while received < PREFIX {
        match stream.read(&mut chunk[received..]) {
            Ok(0) => return Ok(None),
            Ok(length) => received += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
    let (prefix, begun) = chunk[..received].split_first_chunk().expect("there are as many");
    let length = u32::from_le_bytes(*prefix) as usize;
    if length > MAX_FRAME_BYTES || begun.len() > length {
        return Err(io::Error::other("failed to read a frame: it is too long"));
    }
    let mut body = vec![0; length];
    body[..begun.len()].copy_from_slice(begun);
    stream.read_exact(&mut body[begun.len()..])?;
    decode(&body).map(Some)
}

/// Writes one message.
pub(crate) fn write<T: Serialize>(stream: &mut impl Write, message: &T) -> io::Result<()> {
    stream.write_all(&encode(message)?)
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::wire::Wire;

    fn request() -> Request {
        let array = Array2::from_shape_fn((2, 3), |(i, j)| (i * 3 + j) as f64).into_value();
        let arguments = Value::Tuple(vec![Value::Float(f64::NEG_INFINITY), array]);
        Request { id: 7, function: "forward".to_owned(), arguments }
    }

    /// The body of a value that was encoded without looking at limits.
    fn body(value: &Value) -> Vec<u8> {
        encode(value).unwrap()[PREFIX..].to_vec()
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
        for length in 0..body.len() {
            assert!(decode::<Request>(&body[..length]).is_err());
        }
        assert!(decode::<Request>(&[body, &[0]].concat()).is_err());
    }

    #[test]
    fn nesting_without_measure_is_refused() {
        // A list of one list of one …: the tag of a list, and its length.
        let level = &body(&Value::List(vec![Value::Bool(true)]))[..2];
        let nested = |depth: usize| [&level.repeat(depth), &body(&Value::Bool(true))[..]].concat();
        assert!(decode::<Value>(&nested(crate::MAX_DEPTH - 1)).is_ok());
        assert!(decode::<Value>(&nested(crate::MAX_DEPTH)).is_err());
        assert!(decode::<Value>(&nested(10_000_000)).is_err());
        assert!(decode::<Value>(&nested(1)).is_ok(), "a refusal leaves nothing behind");
    }

    #[test]
    fn many_small_values_are_refused() {
        let list = |items: usize| body(&Value::List(vec![Value::Bool(true); items]));
        let longest = list(crate::MAX_VALUES - 1);
        assert!(decode::<Value>(&longest).is_ok());
        // The same with one more item: the tag of a list, its length, and the items.
        let item = body(&Value::Bool(true));
        let tag = longest[0];
        let length = postcard::to_stdvec(&crate::MAX_VALUES).unwrap();
        let longer = [&[tag][..], &length, &item.repeat(crate::MAX_VALUES)].concat();
        assert!(decode::<Value>(&longer).is_err());
        assert!(encode(&Value::List(vec![Value::Bool(true); crate::MAX_VALUES])).is_err());
    }

    #[test]
    fn a_message_that_is_too_long_is_not_written() {
        let error = encode(&vec![0_f64; MAX_FRAME_BYTES / 8 + 1].into_value()).unwrap_err();
        assert!(error.to_string().contains("more than 64 MiB"), "{error}");
    }

    #[test]
    fn no_bytes_whatever_are_more_than_refused() {
        let mut rng = fastrand::Rng::with_seed(1);
        let honest = encode(&request()).unwrap();
        for _ in 0..100_000 {
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
