//! A sample of mutants. The proof of every lesson, however long, has to fit into the time of a build.

/// One in so many, and where that is too many, fewer.
pub struct Sample {
    pub one_in: usize,
    pub at_most: usize,
}

impl Sample {
    /// The sample of some items, spread evenly over them.
    pub fn of<T: Clone>(&self, items: &[T]) -> Vec<T> {
        self.draws(items).next().unwrap_or_default()
    }

    /// One sample after the other, until each item was in one.
    pub fn draws<T: Clone>(&self, items: &[T]) -> impl Iterator<Item = Vec<T>> {
        let step = items.len().div_ceil(self.at_most).max(self.one_in);
        let firsts = 0..step.min(items.len());
        firsts.map(move |first| items[first..].iter().step_by(step).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: Sample = Sample { one_in: 6, at_most: 4 };

    #[test]
    fn few_items_have_a_share_and_many_a_number() {
        let of = |count: usize| SAMPLE.of(&Vec::from_iter(0..count));
        assert_eq!(of(13), [0, 6, 12]);
        assert_eq!(of(25), [0, 7, 14, 21]);
        assert_eq!(of(4000), [0, 1000, 2000, 3000]);
        assert_eq!(of(0), [0; 0]);
    }

    #[test]
    fn each_item_is_in_one_sample() {
        let items = Vec::from_iter(0..25);
        let mut drawn: Vec<_> = SAMPLE.draws(&items).flatten().collect();
        assert_eq!(SAMPLE.draws(&items).nth(1), Some(vec![1, 8, 15, 22]));
        drawn.sort();
        assert_eq!(drawn, items);
        assert_eq!(SAMPLE.draws(&items[..2]).count(), 2);
    }
}
