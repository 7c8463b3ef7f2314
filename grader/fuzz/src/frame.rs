use wire::frame::{PREFIX, Response, decode, encode};

/// What a hostile worker may answer: it is refused, or a message that survives the round trip.
///
/// # Panics
/// When it is neither.
pub fn frame(body: &[u8]) {
    let Ok(response) = decode::<Response>(body) else { return };
    let again = encode(&response).expect("what was read is no longer than it was");
    let twice = encode(&decode::<Response>(&again[PREFIX..]).expect("what was written is read"));
    // Compared as bytes: NaN is not equal to itself.
    assert_eq!(twice.expect("as before"), again);
}
