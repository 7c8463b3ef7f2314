//! Calls of a lesson with every kind of parameter, by the typed names that its checks have, through
//! the functions that its worker has.

// As the generated module of a grader finds them.
extern crate self as engine;
// The lesson that this one builds on.
extern crate self as ex_1_1;
pub use gradlings_wire as wire;
pub use ndarray;
/// What checks name.
pub mod checks {
    pub use crate::Function;
}

#[allow(clippy::boxed_local)]
#[path = "kinds/solution.rs"]
mod solution;
pub use solution::*;
#[path = "kinds/earlier.rs"]
mod earlier;
pub use earlier::*;

/// A function of a contract.
pub trait Function {
    /// Its name.
    const NAME: &'static str;
    /// What messages call it.
    const TOLD: &'static [&'static str];
    /// Its arguments.
    type Arguments: wire::Wire;
    /// What it gives.
    type Output: wire::Wire;
}

#[allow(missing_docs, dead_code, clippy::all)]
mod contract {
    include!("kinds/typed.txt");
}

include!("kinds/impls.txt");
include!("kinds/earlier.txt");

#[allow(clippy::type_complexity)]
fn functions() -> wire::Functions {
    #[allow(missing_docs, dead_code, unused_imports, clippy::all)]
    mod adapter {
        include!("kinds/adapter.txt");
        use crate as learner;
    }
    use crate as learner;
    include!("kinds/glue.txt")
}

/// There and back, as it would go through a socket.
fn call<F: Function>(_: F, arguments: F::Arguments) -> F::Output {
    use wire::Wire;
    let answer = functions().call(F::NAME, arguments.into_value());
    F::Output::from_value(answer.expect("it is one of the functions").unwrap()).unwrap()
}

use ndarray::array;

#[test]
fn what_is_generic_is_called_in_both_precisions() {
    let (cache, state) = call(contract::norm, (array![1.0, 2.0], vec![0.5]));
    assert_eq!(state, [1.5]);
    assert_eq!(call(contract::norm_backward, (cache,)), 1.0 / 3.0 + 6.0);
    let (cache, _) = call(contract::norm_f32, (array![1.0_f32, 2.0], vec![0.5]));
    assert_eq!(cache, contract::CacheF32 { rstd: 1.0 / 3.0, xhat: array![2.0, 4.0] });
    assert_eq!(call(contract::norm_backward_f32, (cache,)), 1.0_f32 / 3.0 + 6.0);
}

#[test]
fn values_and_references_arrive() {
    assert_eq!(call(contract::scalars, (1.5, 2, true, '\u{1}')), 7.0);
    let arguments = (array![[1.0, 2.0]], "sum".to_owned(), vec![0.0; 5]);
    assert_eq!(call(contract::borrowed, arguments), "sum: 3 and 5");
}

#[test]
fn what_is_changed_comes_back() {
    let changed = call(contract::changed, (array![1.0, 2.0], vec![1.0, 2.0]));
    assert_eq!(changed, (array![2.0, 4.0], vec![2.0, 1.0]));
    assert_eq!(call(contract::added, (1.0, 2.0)), (true, 3.0));
    assert_eq!(call(contract::filled, (array![1.0, 2.0], 3.0)), array![3.0, 3.0]);
}

#[test]
fn arrays_are_passed_as_views() {
    let arguments = (array![[1.0], [2.0]], array![3.0], array![[0.0], [0.0]], array![4.0_f32]);
    assert_eq!(call(contract::views, arguments), (10.0, array![[1.0], [2.0]]));
}

#[test]
fn types_of_the_lesson_cross_in_both_directions() {
    let forward = || contract::Forward { z: 1.0, a: array![2.0] };
    let answer =
        |count, scheme| call(contract::own, (forward(), contract::Pair(3.0, count), scheme));
    let rectangle = contract::Shape::Rectangle { width: 1.0, height: 3.0 };
    assert_eq!(answer(0, contract::Scheme::Ahead), Ok(contract::Shape::Empty));
    assert_eq!(answer(1, contract::Scheme::Ahead), Ok(rectangle.clone()));
    assert_eq!(answer(1, contract::Scheme::Central), Err("[2]".to_owned()));
    assert_eq!(call(contract::value, ()), contract::Shape::Circle(1.0));
    assert_eq!(call(contract::fields, (rectangle,)), 2);
}

#[test]
fn types_of_an_earlier_lesson_cross_in_both_precisions() {
    use contract::{Network, NetworkF32, ex_1_1};
    let scale = |factor, shift| ex_1_1::Scale { factor, shift };
    let network = |factor: f64| Network {
        layers: vec![scale(factor, Some(array![1.0])), scale(-factor, None)],
        last: ex_1_1::Either::Scaled { scale: scale(factor, None) },
    };
    let answer = call(contract::doubled, (network(1.5), scale(2.0, Some(array![0.25, 0.5])), 3.0));
    assert_eq!(answer, (6.75, network(3.0)));
    let network = NetworkF32 { layers: Vec::new(), last: ex_1_1::EitherF32::Nothing };
    let scale = ex_1_1::ScaleF32 { factor: 0.5_f32, shift: None };
    assert_eq!(call(contract::doubled_f32, (network.clone(), scale, 3.0)), (1.5, network));
}

#[test]
fn types_of_the_standard_library_cross() {
    let arguments = (Some(0.5), vec![(-1, 2)], [1.0, 2.0, 3.0], Box::new([array![[1.0_f32, 1.0]]]));
    let answer = call(contract::containers, arguments);
    assert_eq!(answer, (Some(array![[0.5, 7.0]]), vec![2.0], contract::Nothing));
}

#[test]
fn the_adapter_answers_in_place_of_the_solution() {
    let trained = call(contract::train, (1.0, vec![0.25, 0.5]));
    let last = contract::Forward { z: 0.25, a: array![0.0] };
    assert_eq!(trained, contract::Trained { weights: vec![0.75, 0.25], last });
}

#[test]
fn messages_name_what_a_learner_wrote() {
    fn told<F: Function>(_: F) -> &'static [&'static str] {
        F::TOLD
    }
    assert_eq!(told(contract::train), ["train"]);
    assert_eq!(told(contract::loss), ["scalars"]);
    assert_eq!(told(contract::norm_f32), ["norm::<f32>"]);
}
