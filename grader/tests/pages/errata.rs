//! Each number of the errata.

use super::Page;

/// The loss of a tanh neuron with x, b and y by its weight, and the derivative of it.
struct Neuron {
    x: f64,
    b: f64,
    y: f64,
}

impl Neuron {
    fn a(&self, w: f64) -> f64 {
        (w * self.x + self.b).tanh()
    }

    fn loss(&self, w: f64) -> f64 {
        0.5 * (self.a(w) - self.y).powi(2)
    }

    fn dz(&self, w: f64) -> f64 {
        (self.a(w) - self.y) * (1.0 - self.a(w).powi(2))
    }

    fn dw(&self, w: f64) -> f64 {
        self.dz(w) * self.x
    }

    /// The derivative of `dw`.
    fn curvature(&self, w: f64) -> f64 {
        let (a, slope) = (self.a(w), 1.0 - self.a(w).powi(2));
        (slope * slope - 2.0 * a * (a - self.y) * slope) * self.x * self.x
    }

    fn forward(&self, w: f64) -> f64 {
        (self.loss(w + STEP) - self.loss(w)) / STEP
    }

    fn central(&self, w: f64) -> f64 {
        (self.loss(w + STEP) - self.loss(w - STEP)) / (2.0 * STEP)
    }
}

const STEP: f64 = 1e-5;

/// The text's two examples of finite differences, with their weights.
const EXAMPLES: [(Neuron, f64); 2] =
    [(Neuron { x: 2.0, b: 0.1, y: 1.0 }, 0.5), (Neuron { x: 1.0, b: 0.0, y: 0.5 }, 0.0)];

fn erratum(number: &str) -> Page {
    Page::of("errata.md").section(&format!("{number}. "))
}

#[test]
fn the_factor_b() {
    let page = erratum("8");
    let (text, w) = (Neuron { x: 2.0, b: 1.0, y: 0.8 }, -0.5);
    assert_eq!((text.dz(w), text.dz(w) * text.b), (-0.8, -0.8));
    page.says("-0.8");
    let (second, w) = (Neuron { x: 1.5, b: -0.7, y: -0.25 }, 0.8);
    page.says("is -0.7");
    page.says(&format!("{:.6}", second.dz(w)));
    page.says(&format!("{:.6}", second.dz(w) * second.b));
}

/// `solutions/ex_2_2/tests/other_courses.rs` says which programs print them.
#[test]
fn the_values_that_a_script_prints() {
    let (text, w) = (Neuron { x: 2.0, b: 1.0, y: 0.8 }, -0.5);
    assert_eq!(text.a(w), 0.0);
    let page = erratum("9");
    page.says(&format!(
        "L is {:.2}, dL/dw is {:.1} and dL/db is {:.1}",
        text.loss(w),
        text.dw(w),
        text.dz(w)
    ));
}

#[test]
fn the_numbers_of_the_example() {
    let page = erratum("11");
    let (neuron, w) = &EXAMPLES[0];
    let stated = [
        ("$a_+$", format!("{:.11}", neuron.a(w + STEP))),
        ("$L$", format!("{:.14}", neuron.loss(*w))),
        ("$L_+$", format!("{:.14}", neuron.loss(w + STEP))),
        ("forward difference", format!("{:.11}", neuron.forward(*w))),
        ("analytic", format!("{:.11}", neuron.dw(*w))),
    ];
    for (name, value) in stated {
        assert_eq!(page.row(name), [value]);
    }
    // What the text itself multiplies, halves and subtracts.
    page.says(&format!("The text's own factors give {:.5}", -0.199501 * 0.3592 * 2.0));
    page.says(&format!("would be {:.6}", 0.039794 / 2.0));
    let texts = [0.01990020, 0.01989877];
    page.says(&format!("estimate of {:.3}", (texts[1] - texts[0]) / STEP));
    let off = [neuron.loss(*w) - texts[0], neuron.loss(w + STEP) - texts[1]];
    assert!(off.iter().all(|off| (1e-7..1.5e-7).contains(off)), "{off:?}");
    assert!((off[0] - off[1]).abs() < 1e-8);
}

#[test]
fn how_far_apart_is_a_bug() {
    let page = erratum("12");
    for (neuron, w) in &EXAMPLES {
        let off = (neuron.forward(*w) - neuron.dw(*w)).abs();
        page.says(&format!("{:.2} \\cdot 10^{{-6}}", off * 1e6));
        assert!(off > 1e-6);
        assert!((off - STEP / 2.0 * neuron.curvature(*w)).abs() < 1e-9);
        assert!((0.9..1.1).contains(&neuron.curvature(*w)));
        assert!((neuron.central(*w) - neuron.dw(*w)).abs() < 1.1e-10);
    }
}

#[test]
fn relu_at_minus_two() {
    let page = erratum("13");
    page.says("200,000");
    let relu = |z: f64| z.max(0.0);
    let moved = |x: f64| relu(-2.0 + x * STEP) - relu(-2.0);
    assert_eq!([1.0, 1000.0, 199_999.0].map(moved), [0.0; 3]);
    assert!(moved(200_001.0) > 0.0);
}

#[test]
fn a_forward_pass_without_the_half() {
    let page = erratum("14");
    let (neuron, w) = &EXAMPLES[0];
    let (numeric, analytic) = (2.0 * neuron.central(*w), neuron.dw(*w));
    page.says(&format!("{numeric:.6}, twice the analytic {analytic:.6}"));
}

#[test]
fn forward_passes_and_years() {
    let page = erratum("15");
    let (weights, biases) = (10 * 768, 10);
    let thousands = |count: i32| format!("{},{:03}", count / 1000, count % 1000);
    page.says(&format!("= {} weights", thousands(weights)));
    let [forward, with_biases] = [weights, weights + biases].map(|count| thousands(count + 1));
    page.says(&format!("{forward} passes, or {with_biases} with"));
    let [central, with_biases] = [weights, weights + biases].map(|count| thousands(2 * count));
    page.says(&format!("{central}, or {with_biases}"));
    let seconds = 1e8 * 0.5;
    erratum("16").says(&format!(
        "{} million seconds are {:.2} years",
        seconds / 1e6,
        seconds / (365.25 * 86_400.0)
    ));
}

#[test]
fn the_sum_and_the_mean_of_a_batch() {
    let page = erratum("19");
    let samples = [(2.0, 0.8), (1.5, 0.5), (-1.0, -0.3)];
    let w = -0.5;
    let neurons = samples.map(|(x, y)| Neuron { x, b: 1.0, y });
    let sum = |each: fn(&Neuron, f64) -> f64| neurons.iter().map(|it| each(it, w)).sum::<f64>();
    let (dw, db, loss) = (sum(Neuron::dw), sum(Neuron::dz), sum(Neuron::loss));
    page.says(&format!("dL/dW is {:.6}, and the sum would be {dw:.6}", dw / 3.0));
    page.says(&format!(
        "$L$ = {:.14}, dL/dW = {:.14}, dL/db = {:.14}",
        loss / 3.0,
        dw / 3.0,
        db / 3.0
    ));
    let z = neurons.each_ref().map(|it| format!("{}", w * it.x + it.b));
    assert_eq!(page.row("$Z$"), z);
    let a = neurons.each_ref().map(|it| it.a(w));
    assert_eq!(page.row("$A$"), ["0".to_owned(), format!("{:.14}", a[1]), format!("{:.14}", a[2])]);
    assert_eq!(a[0], 0.0);
    let dz = neurons.each_ref().map(|it| format!("{:.14}", it.dz(w) / 3.0));
    assert_eq!(page.row("dL/dZ"), dz);
}

/// The mean square of the mean of so many numbers, each of them −1 or 3.
fn mean_square(batch: u32) -> f64 {
    let all = 1 << batch;
    let gradient = |draw: u32| {
        let threes = f64::from(draw.count_ones());
        (3.0 * threes - (f64::from(batch) - threes)) / f64::from(batch)
    };
    (0..all).map(|draw: u32| gradient(draw).powi(2)).sum::<f64>() / f64::from(all)
}

#[test]
fn the_noise_of_a_batch() {
    let page = erratum("20");
    page.says(&format!("is {} for B = 1 and {} for B = 4", mean_square(1), mean_square(4)));
    assert!((mean_square(16) - 1.25).abs() < 1e-12);
}
