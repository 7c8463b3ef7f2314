//! Wrong variants of lesson 6.8. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ex_6_8::{Evaluation, Window};
use ndarray::Array2;

type Model<'a> = &'a dyn Fn(&[usize]) -> Array2<f64>;

/// The sum over these windows of the last predictions of each.
fn over(model: Model<'_>, ids: &[usize], windows: &[Window]) -> Evaluation {
    let nll = windows.iter().map(|it| {
        let log_p = ex_4_4::log_softmax(&model(&ids[it.start..it.end]));
        let counted = it.end - it.scored..it.end;
        counted.map(|input| -log_p[[input - it.start, ids[input + 1]]]).sum::<f64>()
    });
    Evaluation { nll: nll.sum(), tokens: ids.len() - 1 }
}

/// Your windows stand side by side, whatever context is asked for: the first predictions of each have next to nothing
/// to go by. How far must a window reach back?
pub mod side_by_side {
    pub use ex_6_8::*;
    use ndarray::Array2;

    pub fn windows(count: usize, size: usize, context: usize) -> Vec<Window> {
        ex_6_8::windows(count, size, context);
        ex_6_8::windows(count, size, 1)
    }

    pub fn evaluate(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        ids: &[usize],
        size: usize,
        context: usize,
    ) -> Evaluation {
        super::over(model, ids, &windows(ids.len(), size, context))
    }
}

/// Your windows count all their predictions, so that those in an overlap count twice. What has one window counted
/// when the next one begins?
pub mod overlap_counted_twice {
    pub use ex_6_8::*;
    use ndarray::Array2;

    pub fn windows(count: usize, size: usize, context: usize) -> Vec<Window> {
        let whole = |it: Window| Window { scored: it.end - it.start, ..it };
        ex_6_8::windows(count, size, context).into_iter().map(whole).collect()
    }

    pub fn evaluate(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        ids: &[usize],
        size: usize,
        context: usize,
    ) -> Evaluation {
        super::over(model, ids, &windows(ids.len(), size, context))
    }
}

/// In your windows the first new prediction has one id more than the context asks for. The id at which it is made
/// is one of those that the model has read.
pub mod one_id_too_many {
    pub use ex_6_8::*;
    use ndarray::Array2;

    pub fn windows(count: usize, size: usize, context: usize) -> Vec<Window> {
        ex_6_8::windows(count, size, context);
        ex_6_8::windows(count, size, (context + 1).min(size))
    }

    pub fn evaluate(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        ids: &[usize],
        size: usize,
        context: usize,
    ) -> Evaluation {
        super::over(model, ids, &windows(ids.len(), size, context))
    }
}

/// Your last window is left out where it would be shorter than the others: the end of the text is never predicted.
pub mod short_window_dropped {
    pub use ex_6_8::*;
    use ndarray::Array2;

    pub fn windows(count: usize, size: usize, context: usize) -> Vec<Window> {
        let mut windows = ex_6_8::windows(count, size, context);
        if windows.len() > 1 {
            windows.retain(|it| it.end - it.start == size);
        }
        windows
    }

    pub fn evaluate(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        ids: &[usize],
        size: usize,
        context: usize,
    ) -> Evaluation {
        super::over(model, ids, &windows(ids.len(), size, context))
    }
}

/// Your `evaluate` takes the mean over the predictions of each window, and then the mean over the windows. The windows
/// do not all count as many.
pub mod mean_of_means {
    pub use ex_6_8::*;
    use ndarray::Array2;

    pub fn evaluate(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        ids: &[usize],
        size: usize,
        context: usize,
    ) -> Evaluation {
        let windows = ex_6_8::windows(ids.len(), size, context);
        let each = windows.iter().map(|it| super::over(model, ids, &[*it]).nll / it.scored as f64);
        let mean = each.sum::<f64>() / windows.len() as f64;
        let tokens = ids.len() - 1;
        Evaluation { nll: mean * tokens as f64, tokens }
    }
}

/// Your `tokens` is the number of ids. The first one is not predicted: how many predictions are there?
pub mod first_id_predicted {
    pub use ex_6_8::*;
    use ndarray::Array2;

    pub fn evaluate(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        ids: &[usize],
        size: usize,
        context: usize,
    ) -> Evaluation {
        let Evaluation { nll, tokens } = ex_6_8::evaluate(model, ids, size, context);
        Evaluation { nll, tokens: tokens + 1 }
    }
}

/// Your `evaluate` takes the ids that the model has read as targets. The target of a prediction is the id behind the
/// one at which it is made.
pub mod targets_not_shifted {
    pub use ex_6_8::*;
    use ndarray::Array2;

    pub fn evaluate(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        ids: &[usize],
        size: usize,
        context: usize,
    ) -> Evaluation {
        let windows = ex_6_8::windows(ids.len(), size, context);
        let nll = windows.iter().map(|it| {
            let log_p = ex_4_4::log_softmax(&model(&ids[it.start..it.end]));
            let counted = it.end - it.scored..it.end;
            counted.map(|input| -log_p[[input - it.start, ids[input]]]).sum::<f64>()
        });
        Evaluation { nll: nll.sum(), tokens: ids.len() - 1 }
    }
}

/// Your `bits_per_byte` has the bytes of all tokens below the line. Which token is never predicted?
pub mod first_token_in_bytes {
    pub use ex_6_8::*;

    pub fn bits_per_byte(evaluation: &Evaluation, lengths: &[usize]) -> f64 {
        let bits = ex_6_8::bits_per_byte(evaluation, lengths);
        let bytes: usize = lengths.iter().sum();
        bits * (bytes - lengths[0]) as f64 / bytes as f64
    }
}

/// Your `log_likelihood` leaves out the first id of the answer. It is predicted as well, by the last row of the prompt.
pub mod first_of_answer_dropped {
    pub use ex_6_8::*;
    use ndarray::Array2;

    pub fn log_likelihood(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        prompt: &[usize],
        answer: &[usize],
    ) -> f64 {
        let whole = ex_6_8::log_likelihood(model, prompt, answer);
        whole - ex_6_8::log_likelihood(model, prompt, &answer[..1])
    }
}

/// Your `choose` takes the answer with the largest sum. A long answer is a product of more probabilities, each below 1:
/// by what is it made comparable?
pub mod length_ignored {
    pub use ex_6_8::*;
    use ndarray::Array2;

    pub fn choose(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        prompt: &[usize],
        answers: &[Vec<usize>],
        lengths: &[usize],
    ) -> usize {
        ex_6_8::choose(model, prompt, answers, lengths);
        ex_6_8::choose(model, prompt, answers, &vec![1; answers.len()])
    }
}

/// Your `choose` divides by the number of ids of an answer, and not by the length that it is handed. Lengths may be bytes.
pub mod length_in_ids {
    pub use ex_6_8::*;
    use ndarray::Array2;

    pub fn choose(
        model: &dyn Fn(&[usize]) -> Array2<f64>,
        prompt: &[usize],
        answers: &[Vec<usize>],
        lengths: &[usize],
    ) -> usize {
        ex_6_8::choose(model, prompt, answers, lengths);
        let lengths: Vec<_> = answers.iter().map(Vec::len).collect();
        ex_6_8::choose(model, prompt, answers, &lengths)
    }
}

/// Your interval is that of a single value: it says how far the values scatter. Their mean scatters less, the more of them
/// there are.
pub mod scatter_of_values {
    pub use ex_6_8::*;

    pub fn mean_interval(values: &[f64], z: f64) -> (f64, f64) {
        ex_6_8::mean_interval(values, z * (values.len() as f64).sqrt())
    }

    pub fn difference_interval(ours: &[f64], theirs: &[f64], z: f64) -> (f64, f64) {
        ex_6_8::difference_interval(ours, theirs, z * (ours.len() as f64).sqrt())
    }
}

/// Your variance divides the squares by the number of values. They are distances from a mean that was taken from the
/// same values, and are therefore a little too small.
pub mod variance_by_n {
    pub use ex_6_8::*;

    fn shrunk(z: f64, values: &[f64]) -> f64 {
        let n = values.len() as f64;
        z * ((n - 1.0) / n).sqrt()
    }

    pub fn mean_interval(values: &[f64], z: f64) -> (f64, f64) {
        ex_6_8::mean_interval(values, shrunk(z, values))
    }

    pub fn difference_interval(ours: &[f64], theirs: &[f64], z: f64) -> (f64, f64) {
        ex_6_8::difference_interval(ours, theirs, shrunk(z, ours))
    }
}

/// Your interval of a difference adds up the variances of both models, as if they had read different texts. What scatters
/// here?
pub mod unpaired {
    pub use ex_6_8::*;

    pub fn difference_interval(ours: &[f64], theirs: &[f64], z: f64) -> (f64, f64) {
        let (from, to) = ex_6_8::difference_interval(ours, theirs, z);
        let [a, b] = [ours, theirs].map(|it| {
            let (from, to) = ex_6_8::mean_interval(it, z);
            (to - from) / 2.0
        });
        let (centre, reach) = (f64::midpoint(from, to), a.hypot(b));
        (centre - reach, centre + reach)
    }
}

/// Your interval of a share has the share that was found in the place of p, so that 20 of 20 have no scatter at all. The
/// condition asks for every p by its own scatter.
pub mod scatter_of_the_share_found {
    pub use ex_6_8::*;

    pub fn share_interval(correct: usize, questions: usize, z: f64) -> (f64, f64) {
        ex_6_8::share_interval(correct, questions, z);
        let (n, share) = (questions as f64, correct as f64 / questions as f64);
        let reach = z * (share * (1.0 - share) / n).sqrt();
        (share - reach, share + reach)
    }
}
