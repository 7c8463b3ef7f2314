//! A sample of mutants. The proof of every lesson, however long, has to fit into the time of a build.

/// One in so many, and where that is too many, fewer.
pub struct Sample {
    pub one_in: usize,
    pub at_most: usize,
}

impl Sample {
    /// The sample of some items, spread evenly over them.
    pub fn of<T>(&self, items: Vec<T>) -> Vec<T> {
        let step = items.len().div_ceil(self.at_most).max(self.one_in);
        items.into_iter().step_by(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: Sample = Sample { one_in: 6, at_most: 4 };

    #[test]
    fn few_items_have_a_share_and_many_a_number() {
        assert_eq!(SAMPLE.of((0..13).collect::<Vec<_>>()), [0, 6, 12]);
        assert_eq!(SAMPLE.of((0..25).collect::<Vec<_>>()), [0, 7, 14, 21]);
        assert_eq!(SAMPLE.of((0..4000).collect::<Vec<_>>()), [0, 1000, 2000, 3000]);
        assert_eq!(SAMPLE.of(Vec::<usize>::new()), [0; 0]);
    }
}
