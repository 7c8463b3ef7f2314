use std::{
    io::{self, ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    sync::Arc,
};

use wire::frame::{self, MAX_FRAME_BYTES, PREFIX, Response};

use super::Budget;

/// How much is received at once.
const CHUNK_BYTES: usize = 64 << 10;

/// The grader's end of the socket, which never blocks. What comes out of it is not to be trusted.
pub struct Connection {
    pub socket: UnixStream,
    /// What one call of the system fills. Kept, since clearing it takes as long as a short answer.
    chunk: Box<[u8]>,
    inbox: Vec<u8>,
    received: usize,
    budget: Arc<Budget>,
}

/// Why no frame came.
#[derive(Debug, PartialEq, Eq)]
pub enum Break {
    /// The worker closed its end.
    Closed,
    /// What it sent is not what it owed.
    Breach(String),
}

impl Connection {
    pub fn new(socket: UnixStream, budget: Arc<Budget>) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let chunk = vec![0; CHUNK_BYTES].into();
        Ok(Self { socket, chunk, inbox: Vec::new(), received: 0, budget })
    }

    /// Fails when the worker has sent anything before it was asked.
    pub fn expect_silence(&mut self) -> Result<(), Break> {
        self.receive()?;
        if self.inbox.is_empty() { Ok(()) } else { Err(breach("it sent an extra reply")) }
    }

    /// Sends as much as the socket takes, and gives what is left. That the other end is closed shows
    /// when all that it sent has been received.
    pub fn send<'a>(&mut self, outgoing: &'a [u8]) -> &'a [u8] {
        let sent = self.socket.write(outgoing).unwrap_or_default();
        &outgoing[sent..]
    }

    /// Takes in some of what has arrived.
    pub fn receive(&mut self) -> Result<(), Break> {
        match self.socket.read(&mut self.chunk) {
            Ok(0) => return Err(Break::Closed),
            Ok(length) => {
                self.inbox.extend_from_slice(&self.chunk[..length]);
                self.received += length;
                self.budget.answer(length);
            }
            Err(error) if is_temporary(&error) => (),
            Err(_) => return Err(Break::Closed),
        }
        let most = self.budget.max_answered();
        match self.received > most {
            true => Err(breach(&format!("its replies are longer than {} MiB", most >> 20))),
            false => Ok(()),
        }
    }

    /// The one response that is owed, once it is there.
    pub fn response(&mut self) -> Result<Option<Response>, Break> {
        let Some(prefix) = self.inbox.first_chunk::<PREFIX>() else { return Ok(None) };
        let length = u32::from_le_bytes(*prefix) as usize;
        if length > MAX_FRAME_BYTES {
            return Err(breach("its reply is too long"));
        }
        let Some(body) = self.inbox.get(PREFIX..PREFIX + length) else { return Ok(None) };
        let response = frame::decode(body).map_err(|_| breach("its reply cannot be read"))?;
        self.inbox.drain(..PREFIX + length);
        Ok(Some(response))
    }
}

fn breach(what: &str) -> Break {
    Break::Breach(what.to_owned())
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use wire::{Value, frame::Answer};

    use super::*;

    fn response() -> Response {
        Response { id: 1, answer: Answer::Returned(Value::Float(1.5)) }
    }

    /// What comes of a worker that sends the bytes and closes its end.
    fn taken(bytes: &[u8]) -> Result<Response, Break> {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(bytes).unwrap();
        drop(theirs);
        let mut connection = Connection::new(ours, Arc::default()).unwrap();
        loop {
            if let Some(response) = connection.response()? {
                return Ok(response);
            }
            connection.receive()?;
        }
    }

    #[test]
    fn one_well_formed_frame_is_taken() {
        assert_eq!(taken(&frame::encode(&response()).unwrap()), Ok(response()));
    }

    #[test]
    fn a_truncated_frame_is_none() {
        let frame = frame::encode(&response()).unwrap();
        for length in 0..frame.len() {
            assert_eq!(taken(&frame[..length]), Err(Break::Closed));
        }
    }

    #[test]
    fn an_oversized_frame_is_refused_before_it_is_read() {
        assert_eq!(taken(&[0xff; PREFIX]), Err(breach("its reply is too long")));
    }

    #[test]
    fn bytes_that_are_no_frame_are_refused() {
        let forged = [&4_u32.to_le_bytes()[..], b"PASS"].concat();
        assert_eq!(taken(&forged), Err(breach("its reply cannot be read")));
    }

    #[test]
    fn an_extra_frame_is_noticed_at_the_next_call() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut connection = Connection::new(ours, Arc::default()).unwrap();
        assert_eq!(connection.expect_silence(), Ok(()));
        theirs.write_all(&frame::encode(&response()).unwrap().repeat(2)).unwrap();
        connection.receive().unwrap();
        assert_eq!(connection.response(), Ok(Some(response())));
        let noticed = connection.expect_silence();
        assert_eq!(noticed, Err(breach("it sent an extra reply")));
    }

    #[test]
    fn answers_without_end_are_cut_off() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut connection = Connection::new(ours, Arc::default()).unwrap();
        let answering = std::thread::spawn(move || {
            let frame = frame::encode(&response()).unwrap().repeat(1_000);
            while theirs.write_all(&frame).is_ok() {}
        });
        let mut received = || {
            connection.receive()?;
            connection.response()
        };
        let end = std::iter::repeat_with(&mut received).find_map(Result::err);
        assert_eq!(end, Some(breach("its replies are longer than 64 MiB")));
        drop(connection);
        answering.join().unwrap();
    }
}
