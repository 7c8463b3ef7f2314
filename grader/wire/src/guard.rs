//! Limits on what one frame may hold. A hostile worker could nest millions of values, each of which
//! takes some of the reader's stack, or list millions, each of which takes more memory than bytes.

use std::cell::Cell;

/// How deep values may be nested, the outermost included.
pub const MAX_DEPTH: usize = 12;

/// How many values there may be in one, itself included. An array counts as one.
pub const MAX_VALUES: usize = 1 << 14;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// Values met since the depth was 0.
    static MET: Cell<usize> = const { Cell::new(0) };
}

/// One level of nesting, until it is dropped.
pub struct Level(());

/// Enters one more value; `None` when that is one too many.
pub fn enter() -> Option<Level> {
    let (depth, met) = (DEPTH.get(), MET.get());
    if depth == MAX_DEPTH || met == MAX_VALUES {
        return None;
    }
    DEPTH.set(depth + 1);
    MET.set(met + 1);
    Some(Level(()))
}

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
        if DEPTH.get() == 0 {
            MET.set(0);
        }
    }
}
