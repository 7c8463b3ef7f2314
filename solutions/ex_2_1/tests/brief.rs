//! The numbers and the Rust that the brief, the page and the derivation of lesson 2.1 show.

use approx::assert_relative_eq;
use ex_2_1::{Example, a, da, db, dw, dz, loss, z};

/// z = w² + 3b, a = eᶻ and L = ⅓(a − y)³ at y = 0.1.
fn similar_case(w: f64, b: f64) -> [f64; 3] {
    let z = w * w + 3.0 * b;
    let a = z.exp();
    [z, a, (a - 0.1).powi(3) / 3.0]
}

#[test]
fn the_similar_case_is_what_the_brief_says() {
    let (w, b) = (1.0, -0.5);
    let [z, a, loss] = similar_case(w, b);
    let da = (a - 0.1).powi(2);
    let dz = da * a;
    let found = [z, a, loss, a - 0.1, da, dz, dz * 2.0 * w, dz * 3.0];
    let stated = [-0.5, 0.60653, 0.04332, 0.50653, 0.25657, 0.15562, 0.31124, 0.46686];
    for (found, stated) in found.into_iter().zip(stated) {
        assert_relative_eq!(found, stated, epsilon = 5e-6);
    }
    let moved = similar_case(1.001, b)[2] - loss;
    assert_eq!(
        (format!("{moved:.6}"), format!("{:.3}", moved / 0.001)),
        ("0.000312".to_owned(), "0.312".to_owned())
    );
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    assert_relative_eq!(0.25_f64.tanh(), 0.244_918_662, epsilon = 1e-9);
    assert_relative_eq!((-0.5_f64).exp(), 0.606_530_660, epsilon = 1e-9);
    assert_relative_eq!(0.5065_f64.powi(2), 0.256_542_25, epsilon = 1e-12);
    assert_eq!((1 / 2, 1.0 / 2.0), (0, 0.5));
}

/// The program of the page.
#[test]
fn the_similar_case_as_a_program() {
    let (w, b, y) = (1.0_f64, -0.5_f64, 0.1_f64);
    let z = w.powi(2) + 3.0 * b;
    let a = z.exp();
    let loss = (a - y).powi(3) / 3.0;

    let da = (a - y).powi(2);
    let dz = da * a;
    let dw = dz * 2.0 * w; // 0.31124
    let db = dz * 3.0; // 0.46686

    assert_eq!(loss, similar_case(w, b)[2]);
    assert_eq!([dw, db, 2.0 * dw].map(|it| digits(it, 5)), ["0.31124", "0.46686", "0.62248"]);
    assert_eq!(digits(dw + 0.1 * w, 5), "0.41124");
}

/// So many decimals of a number.
fn digits(number: f64, decimals: usize) -> String {
    format!("{number:.decimals$}")
}

#[test]
fn a_pencil_beside_the_formats_of_hardware() {
    let decimal = |bits: i32| digits(f64::from(bits) * 2_f64.log10(), 1);
    let significands = [8, 11, f32::MANTISSA_DIGITS as i32, f64::MANTISSA_DIGITS as i32];
    assert_eq!(significands.map(decimal), ["2.4", "3.3", "7.2", "16.0"]);
    assert_eq!([2_u32.pow(13), 2_u32.pow(14)], [8192, 16384]);
}

#[test]
fn the_cost_of_a_layer() {
    let (samples, neurons, inputs) = (1_024_u64, 3_072, 768);
    let forward = 2 * samples * neurons * inputs;
    let parameters = neurons * inputs + neurons;
    assert_eq!(parameters, 2_362_368);
    let flops = [forward, 2 * forward, parameters * forward].map(|it| format!("{:.1e}", it as f64));
    assert_eq!(flops, ["4.8e9", "9.7e9", "1.1e16"]);
    assert_relative_eq!((parameters * forward) as f64 / (2 * forward) as f64, 1e6, epsilon = 5e5);
    let numbers = samples * inputs + inputs * neurons + samples * neurons;
    assert_eq!(forward / (4 * numbers), 192);
    assert_eq!(digits(19.5e12 / 1555e9, 1), "12.5");
    let megabytes = |numbers: u64| digits((4 * numbers) as f64 / 1e6, 1);
    assert_eq!([neurons * inputs, samples * neurons].map(megabytes), ["9.4", "12.6"]);
}

/// x, w, b, y of an example.
fn inputs(example: Example) -> [f64; 4] {
    match example {
        Example::First => [2.0, -0.5, 1.0, 0.8],
        Example::Second => [1.5, 0.8, -0.7, -0.25],
    }
}

fn loss_of([x, w, b, y]: [f64; 4]) -> f64 {
    ((w * x + b).tanh() - y).powi(2) / 2.0
}

#[test]
fn the_first_example_by_moving_a_number() {
    let [x, w, b, y] = inputs(Example::First);
    assert_eq!([z, a, loss].map(|step| digits(step(Example::First), 2)), ["0.00", "0.00", "0.32"]);
    assert_eq!(digits(-0.499 * x + b, 3), "0.002");
    assert_eq!(digits(0.002_f64.tanh(), 6), "0.002000");
    let of_a = |a: f64| (a - y).powi(2) / 2.0;
    let of_z = |z: f64| of_a(z.tanh());
    assert_eq!([0.002, -0.002].map(of_z).map(|it| digits(it, 6)), ["0.318402", "0.321602"]);
    assert_eq!(digits(of_z(0.002) - of_z(-0.002), 4), "-0.0032");

    let h = 0.001;
    let (of_w, of_b) = (|w: f64| loss_of([x, w, b, y]), |b: f64| loss_of([x, w, b, y]));
    let moved = [
        (of_w(w + h), of_w(w - h), ["0.3184020", "0.3216020", "-1.6"]),
        (of_b(b + h), of_b(b - h), ["0.3192005", "0.3208005", "-0.8"]),
        (of_z(h), of_z(-h), ["0.3192005", "0.3208005", "-0.8"]),
        (of_a(h), of_a(-h), ["0.3192005", "0.3208005", "-0.8"]),
    ];
    let gradients: [fn(Example) -> f64; 4] = [dw, db, dz, da];
    for ((above, below, shown), gradient) in moved.into_iter().zip(gradients) {
        let rate = digits((above - below) / (2.0 * h), 1);
        assert_eq!([digits(above, 7), digits(below, 7), rate.clone()], shown);
        assert_eq!(digits(gradient(Example::First), 1), rate);
    }
}

#[test]
fn a_step_of_gradient_descent() {
    let [x, w, b, y] = inputs(Example::First);
    let gradients = [dw, db].map(|it| it(Example::First));
    let promised = |rate: f64| rate * gradients.iter().map(|it| it * it).sum::<f64>();
    let stepped = |rate: f64| [w - rate * gradients[0], b - rate * gradients[1]];
    let fall = |rate: f64| {
        let [w, b] = stepped(rate);
        loss(Example::First) - loss_of([x, w, b, y])
    };
    let [w, b] = stepped(0.01);
    assert_eq!([w, b].map(|it| digits(it, 3)), ["-0.484", "1.008"]);
    assert_eq!(digits(w * x + b, 2), "0.04");
    assert_eq!(digits((w * x + b).tanh(), 6), "0.039979");
    assert_eq!(digits(loss_of([x, w, b, y]), 6), "0.288816");
    assert_eq!([promised(0.01), fall(0.01)].map(|it| digits(it, 6)), ["0.032000", "0.031184"]);
    assert_eq!([promised(0.1), fall(0.1)].map(|it| digits(it, 6)), ["0.320000", "0.231779"]);
    assert_relative_eq!(promised(0.01), 0.032);
    assert_relative_eq!(promised(0.1), 0.32);
}

#[test]
fn the_numbers_of_the_derivation() {
    let found = [z, a, loss, da, dz, dw, db].map(|step| digits(step(Example::Second), 6));
    let [z, a, loss, rest @ ..] = found;
    assert_eq!(z, "0.500000");
    assert_relative_eq!(0.8 * 1.5 - 0.7, 0.5);
    assert_eq!([a, loss], ["0.462117", "0.253555"]);
    assert_eq!(rest, ["0.712117", "0.560043", "0.840064", "0.560043"]);
    assert_eq!(digits(0.462117_f64.powi(2), 6), "0.213552");
    assert_eq!(digits(1_f64.exp() - 1.0, 6), "1.718282");
    assert_eq!(digits(1_f64.exp() + 1.0, 6), "3.718282");
    assert_eq!(digits(1.718282 / 3.718282, 6), "0.462117");
}

#[test]
fn the_test_without_the_derivation() {
    let [x, w, b, y] = inputs(Example::Second);
    let here = loss(Example::Second);
    let moved = loss_of([x, 0.801, b, y]);
    assert_relative_eq!(w, 0.8);
    assert_eq!([here, moved].map(|it| digits(it, 7)), ["0.2535554", "0.2543956"]);
    assert_eq!(digits(moved - here, 8), "0.00084018");
    assert_eq!(digits((moved - here) / 0.001, 5), "0.84018");
    let of_b = (loss_of([x, w, b + 0.001, y]) - here) / 0.001;
    assert_eq!(digits(of_b, 5), "0.56009");
    assert_eq!([dw, db].map(|it| digits(it(Example::Second), 5)), ["0.84006", "0.56004"]);
}

#[test]
fn what_the_first_example_cannot_show() {
    let wrong = |example| {
        let [_, _, b, _] = inputs(example);
        let (z, a, da, dz) = (z(example), a(example), da(example), dz(example));
        [dz * b, da, da * (1.0 - a.tanh().powi(2)), da * (1.0 - z * z)].map(|it| digits(it, 4))
    };
    assert_eq!(wrong(Example::First), ["-0.8000"; 4]);
    assert_eq!(wrong(Example::Second), ["-0.3920", "0.7121", "0.5793", "0.5341"]);
    assert_eq!([dz, db].map(|it| digits(it(Example::Second), 4)), ["0.5600", "0.5600"]);
}
