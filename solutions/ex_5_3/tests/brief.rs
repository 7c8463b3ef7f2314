//! The numbers and the Rust that the brief, its page and its derivation show.

use ex_3_4::Rng;
use ex_5_3::{
    Position, fingerprint, next_batch, pack, random_batch, read_tokens, split, to_bytes,
    window_count,
};
use ndarray::array;

#[path = "../../stated.rs"]
mod stated;

use stated::assert_stated;

fn documents() -> Vec<Vec<u16>> {
    vec![vec![5, 6, 7], vec![8, 9], vec![5, 6, 7, 8], vec![8, 9]]
}

#[test]
fn the_documents_of_the_brief() {
    let remainders: Vec<_> = documents().iter().map(|it| fingerprint(it) % 100).collect();
    assert_eq!(remainders, [93, 44, 61, 44]);
    assert_eq!(pack(&documents(), 0), [5, 6, 7, 0, 8, 9, 0, 5, 6, 7, 8, 0, 8, 9, 0]);
    let (training, validation) = split(&documents(), 50);
    let [training, validation] = [training, validation].map(|side| pack(&side, 0));
    assert_eq!(training, [5, 6, 7, 0, 5, 6, 7, 8, 0]);
    assert_eq!(validation, [8, 9, 0, 8, 9, 0]);
    assert_eq!([training, validation].map(|side| to_bytes(&side).len()), [18, 12]);
    assert_eq!(to_bytes(&[258, 50_256]), [2, 1, 80, 196]);
    assert_eq!((256 + 2, 196 * 256 + 80), (258, 50_256));
}

#[test]
fn the_windows_of_the_brief() {
    let bytes = to_bytes(&pack(&documents(), 0));
    let (x, y) = random_batch(&bytes, 2, 4, &mut Rng::new(2));
    assert_eq!(x, array![[0, 5, 6, 7], [8, 9, 0, 5]]);
    assert_eq!(y, array![[5, 6, 7, 8], [9, 0, 5, 6]]);
    let mut rng = Rng::new(2);
    assert_eq!([rng.next_u64() % 11, rng.next_u64() % 11], [6, 4]);
    assert_eq!((15 - 4, 10 - 4, window_count(15, 4)), (11, 6, 3));
    // One token after the other.
    let rows = [0, 1, 2].map(|window| read_tokens(&bytes, 4 * window, 5));
    assert_eq!(rows, [vec![5, 6, 7, 0, 8], vec![8, 9, 0, 5, 6], vec![6, 7, 8, 0, 8]]);
}

#[test]
fn the_epochs_of_the_brief() {
    let bytes = to_bytes(&pack(&documents(), 0));
    let orders = [2, 3].map(|seed| ex_3_4::shuffle(3, &mut Rng::new(seed)));
    assert_eq!(orders, [[2, 0, 1], [2, 1, 0]]);
    let start = Position { epoch: 0, window: 0 };
    let (x, _, position) = next_batch(&bytes, 2, 4, 2, start);
    assert_eq!((x.column(0).to_vec(), position), (vec![6, 5], Position { epoch: 0, window: 2 }));
    let (x, _, position) = next_batch(&bytes, 2, 4, 2, position);
    assert_eq!((x.column(0).to_vec(), position), (vec![8, 6], Position { epoch: 1, window: 1 }));
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let (docs, f) = (vec![1, 2, 3], |it: &i32| *it > 1);
    let sides: (Vec<_>, Vec<_>) = docs.into_iter().partition(f);
    assert_eq!(sides, (vec![2, 3], vec![1]));
    let (mut a, b) = (vec![1_u8], [2_u8, 3]);
    a.extend_from_slice(&b);
    let k = 258_u16;
    assert_eq!((k.to_be_bytes(), u16::from_be_bytes([b[0], b[1]])), ([1, 2], 515));
    assert_eq!(a.chunks_exact(2).collect::<Vec<_>>(), [[1, 2]]);
    let (k, n) = (1, 2);
    assert_eq!(&a[k..k + n], [2, 3]);
    let (a, b, r) = (2_usize, 3_usize, 7_u64);
    assert_eq!((a.saturating_sub(b), r % n as u64), (0, 1));
    let (a, b) = (u64::MAX, 2_u64);
    assert_eq!(a.wrapping_add(b), 1);
}

#[test]
fn the_counts_of_the_hardware_layers() {
    assert_eq!((1 << 16, 2 * 1025, 8 * 2 * 1025), (65_536, 2050, 16_400));
    assert_eq!((2 * 200_000, 2 * 15), (400_000, 30));
    assert_eq!(2_u64 * 10_000_000_000, 20_000_000_000);
    assert_eq!(2_u64 * 9_000_000_000, 18_000_000_000);
    // Two pages for each row, and a tenth of a millisecond for each page.
    assert_stated(8.0 * 2.0 * 0.1, "1.6");
    assert_stated(8192.0 / 2050.0, "4");
    let bias: f64 = 1e10 / 2_f64.powi(64);
    assert!((5e-10..6e-10).contains(&bias));
    // What random windows leave out, and how far a tenth of 2000 is off.
    assert_stated((-1_f64).exp(), "0.368");
    assert_stated((1.0 - 0.001_f64).powi(1000), "0.368");
    assert_stated((2000.0_f64 * 0.1 * 0.9).sqrt(), "13.4");
}
