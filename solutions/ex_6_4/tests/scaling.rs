//! The numbers that the page on scaling shows.

use ex_6_4::{Config, Style, activation_numbers, flops_per_token, parameters, training_bytes};
use stated::assert_stated;

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

fn gpt2(vocabulary: usize, context: usize, width: usize, heads: usize, layers: usize) -> Config {
    Config {
        vocabulary,
        context,
        width,
        heads,
        kv_heads: heads,
        hidden: 4 * width,
        layers,
        style: Style::Gpt2,
        rope_base: 1e4,
        epsilon: 1e-5,
    }
}

const STEP: f64 = (1 << 19) as f64;
const MONTH: f64 = 365.25 / 12.0 * 86_400.0;

#[test]
fn the_flops_of_three_models_are_those_stated() {
    let small = gpt2(65, 64, 128, 4, 4);
    assert_eq!(parameters(&small), 809_856);
    assert_stated(flops_per_token(&small) as f64 / 1e6, "5.2");
    assert_stated(24_800.0 * flops_per_token(&small) as f64 / 1e9, "128");
    let large = gpt2(65, 256, 384, 6, 6);
    assert_eq!(parameters(&large), 10_770_816);
    assert_stated(flops_per_token(&large) as f64 / 1e7, "7.1");
    assert_stated(1_870.0 * flops_per_token(&large) as f64 / 1e9, "133");
    assert_stated(parameters(&large) as f64 / parameters(&small) as f64, "13");
}

#[test]
fn what_the_smallest_gpt_2_takes_is_stated() {
    let model = gpt2(50_257, 1024, 768, 12, 12);
    let of_token = flops_per_token(&model) as f64;
    assert_eq!(parameters(&model), 124_439_808);
    assert_stated(of_token / 1e8, "8.5");
    assert_stated(130e9 / of_token, "152");
    assert_stated(STEP * of_token / 130e9 / 3600.0, "1");
    assert_stated(1e10 * of_token / 130e9 / MONTH, "25");
    let bytes = 16.0 * parameters(&model) as f64;
    assert_stated(bytes / 1e9, "1.99");
    assert_stated(4.0 * activation_numbers(&model, 1, 1024) as f64 / 1e9, "2.31");
    let activations = 4 * activation_numbers(&model, 1, 1024);
    assert_eq!(training_bytes(&model, 1, 1024), 16 * parameters(&model) + activations);
    // With 10¹⁴ FLOPs per second.
    assert_stated(1e10 * of_token / 1e14 / 86_400.0, "1");
}

#[test]
fn the_network_of_eight_machines_is_stated() {
    let model = gpt2(50_257, 1024, 768, 12, 12);
    let gradients = 4.0 * parameters(&model) as f64;
    assert_stated(gradients / 1e6, "498");
    let sent = 2.0 * 7.0 / 8.0 * gradients;
    assert_stated(sent / 1e6, "871");
    assert_stated(sent / 125e6, "7.0");
    assert_stated(sent / 125e8, "0.07");
    let of_step = |flops: f64| STEP * flops_per_token(&model) as f64 / flops;
    assert_stated(of_step(8.0 * 130e9) / 60.0, "7.2");
    assert_stated(100.0 * sent / 125e6 / of_step(8.0 * 130e9), "2");
    assert_stated(of_step(8.0 * 1e14), "0.6");
    assert_stated(sent / 125e6 / of_step(8.0 * 1e14), "12");
}
