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
        postcard::Error::SerializeBufferFull => {
            io::Error::other(format!("a value is too large: more than {} MiB", MAX_FRAME_BYTES >> 20))
        }
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

/// Reads one message; `None` at the end of the stream.
pub(crate) fn read<T: DeserializeOwned>(stream: &mut impl Read) -> io::Result<Option<T>> {
    let mut prefix = [0; PREFIX];
    match stream.read_exact(&mut prefix) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let length = u32::from_le_bytes(prefix) as usize;
    if length > MAX_FRAME_BYTES {
        return Err(io::Error::other("failed to read a frame: it is too long"));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    decode(&body).map(Some)
}

/// Writes one message.
pub(crate) fn write<T: Serialize>(stream: &mut impl Write, message: &T) -> io::Result<()> {
    stream.write_all(&encode(message)?)
}
