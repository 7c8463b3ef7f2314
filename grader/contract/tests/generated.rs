//! What is generated for a lesson with every kind of parameter stands beside it in files, which
//! `calls.rs` and `hostile.rs` compile. `GRADLINGS_CONTRACT=write` writes them anew.

use std::{fs, path::Path};

use contract::Surface;

fn kinds(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kinds").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(kinds(name)).unwrap()
}

fn surface() -> Surface {
    let earlier = syn::parse_file(&text("earlier.rs")).unwrap();
    let earlier = [("ex_1_1".to_owned(), earlier)];
    Surface::building_on(&earlier, &text("solution.rs"), Some(&text("adapter.rs"))).unwrap()
}

#[test]
fn the_files_are_what_is_generated() {
    let surface = surface();
    let texts = [
        ("typed.txt", surface.typed()),
        ("impls.txt", surface.impls()),
        ("glue.txt", surface.glue(|_| true)),
        ("adapter.txt", surface.adapter_module()),
        ("earlier.txt", Surface::read(&text("earlier.rs"), None).unwrap().impls()),
    ];
    let writes = std::env::var("GRADLINGS_CONTRACT").is_ok_and(|value| value == "write");
    for (name, text) in texts {
        if writes {
            fs::write(kinds(name), &text).unwrap();
        }
        let kept = fs::read_to_string(kinds(name)).unwrap_or_default();
        assert!(kept == text, "{name} is out of date: run this test with GRADLINGS_CONTRACT=write");
    }
}

#[test]
fn what_cannot_be_called_is_told() {
    let surface = surface();
    let uncrossable = [
        ("private", "`Model` does not cross: its field `weight` is private"),
        ("generic", "it is generic over `T`"),
        ("object", "a value that is `Display` does not cross"),
    ];
    let uncrossable = uncrossable.map(|(name, why)| (name.to_owned(), why.to_owned()));
    assert_eq!(surface.uncrossable(), uncrossable);
    let functions: Vec<_> = surface.functions().collect();
    let callable = ["scalars", "borrowed", "changed", "added", "filled", "views", "closures"];
    let further = ["generic_closures", "own", "containers", "value", "fields"];
    let of_both_precisions = ["norm", "norm::<f32>", "norm_backward", "norm_backward::<f32>"];
    let of_earlier_types = ["doubled", "doubled::<f32>"];
    let of_adapter = ["train", "loss"];
    let all = [&callable[..], &further, &of_both_precisions, &of_earlier_types, &of_adapter];
    assert_eq!(functions, all.concat());
}
