//! Correct variants of lesson 6.8. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Windows by their stride, and every prediction looked for in the window that counts it.
pub mod by_stride {
    use ex_4_4::log_softmax;
    pub use ex_6_8::*;
    use ndarray::Array2;

    pub fn windows(count: usize, size: usize, context: usize) -> Vec<Window> {
        assert!(count >= 2 && context >= 1 && context <= size);
        let inputs = count - 1;
        let stride = size - (context - 1);
        let mut windows =
            vec![Window { start: 0, end: size.min(inputs), scored: size.min(inputs) }];
        let mut start = stride;
        while start + context - 1 < inputs {
            let end = (start + size).min(inputs);
            windows.push(Window { start, end, scored: end - (start + context - 1) });
            start += stride;
        }
        windows
    }

    pub fn evaluate(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        ids: &[usize],
        size: usize,
        context: usize,
    ) -> Evaluation {
        let (mut nll, mut tokens) = (0.0, 0);
        for window in windows(ids.len(), size, context) {
            let read = &ids[window.start..window.end];
            let log_p = log_softmax(&model(read));
            for row in read.len() - window.scored..read.len() {
                nll -= log_p[[row, ids[window.start + row + 1]]];
                tokens += 1;
            }
        }
        Evaluation { nll, tokens }
    }
}

/// An answer's ids are predicted one after the other, with a call for each.
pub mod a_call_for_each_id {
    use ex_4_4::log_softmax;
    pub use ex_6_8::*;
    use ndarray::Array2;

    pub fn log_likelihood(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        prompt: &[usize],
        answer: &[usize],
    ) -> f64 {
        assert!(!prompt.is_empty() && !answer.is_empty());
        let mut read = prompt.to_vec();
        let mut sum = 0.0;
        for &id in answer {
            let log_p = log_softmax(&model(&read));
            sum += log_p[[read.len() - 1, id]];
            read.push(id);
        }
        sum
    }

    pub fn choose(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        prompt: &[usize],
        answers: &[Vec<usize>],
        lengths: &[usize],
    ) -> usize {
        assert!(answers.len() == lengths.len() && lengths.iter().all(|it| *it > 0));
        let scores: Vec<f64> = answers
            .iter()
            .zip(lengths)
            .map(|(answer, length)| log_likelihood(model, prompt, answer) / *length as f64)
            .collect();
        // `max_by` would keep the last of equal ones.
        (0..scores.len()).rev().max_by(|a, b| scores[*a].total_cmp(&scores[*b])).expect("an answer")
    }
}

/// The statistics of ndarray, and the share as it stands in textbooks.
pub mod of_textbooks {
    pub use ex_6_8::*;
    use ndarray::Array1;

    pub fn mean_interval(values: &[f64], z: f64) -> (f64, f64) {
        assert!(values.len() >= 2);
        let values = Array1::from(values.to_vec());
        let error = values.std(1.0) / (values.len() as f64).sqrt();
        let mean = values.mean().expect("there are values");
        (mean - z * error, mean + z * error)
    }

    pub fn share_interval(correct: usize, questions: usize, z: f64) -> (f64, f64) {
        assert!(questions > 0 && correct <= questions);
        let n = questions as f64;
        let share = correct as f64 / n;
        let below = 1.0 + z.powi(2) / n;
        let centre = (share + z.powi(2) / (2.0 * n)) / below;
        let reach = z / below * (share * (1.0 - share) / n + z.powi(2) / (4.0 * n.powi(2))).sqrt();
        (centre - reach, centre + reach)
    }
}
