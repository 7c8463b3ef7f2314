//! Lesson 6.8, solved: evaluation.

use ex_4_4::log_softmax;
use ndarray::Array2;

/// A part of a text that the model reads at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Where its first id stands in the text.
    pub start: usize,
    /// Behind its last id. The model reads ids `start..end` and predicts ids `start + 1..=end`.
    pub end: usize,
    /// How many of its predictions count: the last ones.
    pub scored: usize,
}

/// What an evaluation found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// The sum of −ln p over all predictions, in nats.
    pub nll: f64,
    /// How many predictions there are.
    pub tokens: usize,
}

/// The windows of a text of `count` ids, of at most `size` ids each. Every id but the first is predicted and counts in
/// exactly one window. It is predicted from at least `context` ids, or from all that stand before it. Windows begin
/// equally far apart, as far as that allows; the last one may be shorter.
///
/// # Panics
/// When there are fewer than two ids, when `context` is 0, or when it is larger than `size`.
pub fn windows(count: usize, size: usize, context: usize) -> Vec<Window> {
    assert!(count > 1, "a text of {count} ids has no prediction");
    let fits = (1..=size).contains(&context);
    assert!(fits, "a window of {size} ids does not hold a context of {context}");
    let inputs = count - 1;
    let (mut windows, mut scored) = (Vec::new(), 0);
    while scored < inputs {
        // Behind `context` ids comes the first new prediction, except at the beginning of the text.
        let start = (scored + 1).saturating_sub(context);
        let end = inputs.min(start + size);
        windows.push(Window { start, end, scored: end - scored });
        scored = end;
    }
    windows
}

/// The sum of −ln p of the last `targets.len()` rows of the logits (T, V).
fn surprise(logits: &Array2<f64>, targets: &[usize]) -> f64 {
    let log_p = log_softmax(logits);
    let first = log_p.nrows() - targets.len();
    targets.iter().enumerate().map(|(row, &target)| -log_p[[first + row, target]]).sum()
}

/// The surprise of a model at a text, over `windows`. The model takes T ids and gives logits (T, V), whose row t
/// predicts what follows id t.
///
/// # Panics
/// As `windows`.
pub fn evaluate(
    model: &dyn Fn(&[usize]) -> Array2<f64>,
    ids: &[usize],
    size: usize,
    context: usize,
) -> Evaluation {
    let nll = windows(ids.len(), size, context).into_iter().map(|Window { start, end, scored }| {
        surprise(&model(&ids[start..end]), &ids[end + 1 - scored..=end])
    });
    Evaluation { nll: nll.sum(), tokens: ids.len() - 1 }
}

/// Bits for each byte that was predicted. `lengths` has the number of bytes of every token of the text.
///
/// # Panics
/// When there is not one token more than predictions, or when no byte was predicted.
pub fn bits_per_byte(evaluation: &Evaluation, lengths: &[usize]) -> f64 {
    let &Evaluation { nll, tokens } = evaluation;
    assert_eq!(lengths.len(), tokens + 1, "each token must have a length: also the first one");
    let bytes = lengths[1..].iter().sum();
    ex_5_5::bits_per_byte(nll / tokens as f64, tokens, bytes)
}

/// ln of the probability that the model continues `prompt` with `answer`, both of which are ids.
///
/// # Panics
/// When one of the two is empty.
pub fn log_likelihood(
    model: &dyn Fn(&[usize]) -> Array2<f64>,
    prompt: &[usize],
    answer: &[usize],
) -> f64 {
    assert!(!prompt.is_empty(), "the first id of an answer needs one before it");
    let (_, known) = answer.split_last().expect("an answer must have an id");
    -surprise(&model(&[prompt, known].concat()), answer)
}

/// Which of the `answers` has the largest log-likelihood for each unit of its length. `lengths` has the lengths of all
/// answers, in whatever unit. Of equal ones it is the first.
///
/// # Panics
/// When there is no answer, when there are not as many lengths, when a length is 0, and as `log_likelihood`.
pub fn choose(
    model: &dyn Fn(&[usize]) -> Array2<f64>,
    prompt: &[usize],
    answers: &[Vec<usize>],
    lengths: &[usize],
) -> usize {
    assert!(!answers.is_empty(), "there is nothing to choose from");
    assert_eq!(answers.len(), lengths.len(), "each answer must have a length");
    assert!(!lengths.contains(&0), "a length is 0");
    let (mut best, mut most) = (0, f64::NEG_INFINITY);
    for (at, (answer, &length)) in answers.iter().zip(lengths).enumerate() {
        let each = log_likelihood(model, prompt, answer) / length as f64;
        if each > most {
            (best, most) = (at, each);
        }
    }
    best
}

/// The mean of the values and how far it may be off: from the mean less `z` standard errors to the mean and `z` of
/// them.
///
/// # Panics
/// When there are fewer than two values.
pub fn mean_interval(values: &[f64], z: f64) -> (f64, f64) {
    assert!(values.len() > 1, "how far {} values scatter is not known", values.len());
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let reach = z * (squares / (n - 1.0) / n).sqrt();
    (mean - reach, mean + reach)
}

/// The same for how much larger the values of `ours` are than those of `theirs`, where value i of both is of the same
/// text.
///
/// # Panics
/// When the two have different lengths, and as `mean_interval`.
pub fn difference_interval(ours: &[f64], theirs: &[f64], z: f64) -> (f64, f64) {
    assert_eq!(ours.len(), theirs.len(), "both models must have read the same texts");
    let differences: Vec<_> = ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs).collect();
    mean_interval(&differences, z)
}

/// All p whose distance from the share correct/questions is at most `z` times √(p·(1 − p)/questions): from the least to
/// the largest. `z` is positive.
///
/// # Panics
/// When there is no question, or when more are right than there are.
pub fn share_interval(correct: usize, questions: usize, z: f64) -> (f64, f64) {
    assert!(questions > 0, "no question was asked");
    assert!(correct <= questions, "{correct} of {questions} questions are right");
    let (k, n) = (correct as f64, questions as f64);
    let square = z * z;
    let centre = k + square / 2.0;
    let reach = z * (k * (n - k) / n + square / 4.0).sqrt();
    ((centre - reach) / (n + square), (centre + reach) / (n + square))
}
