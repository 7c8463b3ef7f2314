//! Gradings that somebody asks for one after the other, and waits for the last of.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

/// The requests that were made, by their numbers from 1. Where nobody makes any, none is overtaken.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    last: Arc<AtomicUsize>,
    served: Arc<AtomicUsize>,
}

impl Requests {
    /// Makes a request, and gives its number.
    pub fn make(&self) -> usize {
        self.last.fetch_add(1, SeqCst) + 1
    }

    /// Begins to serve a request.
    pub fn serve(&self, number: usize) {
        self.served.store(number, SeqCst);
    }

    /// True for a request unless another was made since.
    pub fn is_last(&self, number: usize) -> bool {
        self.last.load(SeqCst) == number
    }

    /// True when nobody waits any more for what is being served: it is given up.
    pub fn is_overtaken(&self) -> bool {
        self.last.load(SeqCst) > self.served.load(SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_overtaken_by_the_next_one() {
        let requests = Requests::default();
        assert!(!requests.is_overtaken());
        let first = requests.make();
        requests.serve(first);
        assert!(requests.is_last(first) && !requests.is_overtaken());
        let second = requests.make();
        assert!(!requests.is_last(first) && requests.is_overtaken());
        requests.serve(second);
        assert!(requests.is_last(second) && !requests.is_overtaken());
    }
}
