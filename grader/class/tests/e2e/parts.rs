//! Parts of a class are graded apart, and put together.

use crate::class::{COURSE, Class, is_confined, read, said};

fn part(class: &Class, name: &str, partition: &str) -> i32 {
    let output = class.command("batch", name, &["in", "--partition", partition]).output().unwrap();
    output.status.code().unwrap_or_else(|| panic!("{}", said(&output)))
}

#[test]
fn parts_put_together_are_the_whole_byte_for_byte() {
    let class = Class::handed_in();
    class.batch(&[]);
    for at in 1..=3 {
        assert_eq!(part(&class, &format!("part-{at}"), &format!("hash:{at}/3")), 0);
    }
    let merged =
        class.command("merge", "merged", &["part-3", "part-1", "part-2"]).output().unwrap();
    assert_eq!(merged.status.code(), Some(0), "{}", said(&merged));
    for file in ["gradebook.csv", "gradebook.json", "canvas.csv", "moodle.csv", "class.html"] {
        assert_eq!(class.exported(file), read(&class.path("merged").join(file)), "{file}");
    }
}

#[test]
fn gaps_duplicates_and_mixed_parts_are_refused() {
    let class = Class::handed_in();
    for at in ["1/2", "2/2", "1/3"] {
        part(&class, &at.replace('/', "-"), &format!("hash:{at}"));
    }
    let merge = |parts: &[&str]| {
        let output = class.command("merge", "merged", parts).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{parts:?}");
        said(&output)
    };
    assert!(merge(&["1-2"]).contains("missing: hash:2/2"));
    assert!(merge(&["1-2", "1-2"]).contains("are both part hash:1/2"));
    assert!(merge(&["1-2", "1-3"]).contains("is part hash:1/3"));
    assert!(merge(&["1-2", "nowhere"]).contains("failed to find a part of a class in nowhere"));
    if !is_confined() {
        return;
    }
    let insecure =
        class.command("batch", "insecure", &["in", "--partition", "hash:2/2", "--insecure"]);
    assert!({ insecure }.status().unwrap().success());
    let mixed = merge(&["1-2", "insecure"]);
    assert!(mixed.contains("were graded with different sandbox"), "{mixed}");
}

#[test]
fn parts_need_one_seed() {
    let class = Class::handed_in();
    class.write("course.toml", COURSE.replace("seed = 7\n", ""));
    let output =
        class.command("batch", "part", &["in", "--partition", "hash:1/2"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("all parts need the same seed"), "{}", said(&output));
}

#[test]
fn a_part_stays_a_part() {
    let class = Class::handed_in();
    for at in 1..=2 {
        part(&class, &format!("part-{at}"), &format!("hash:{at}/2"));
    }
    let output = class.command("merge", "./part-1", &["part-1", "part-2"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("part-1: it is one of the parts"), "{}", said(&output));
    let whole = class.command("merge", "merged", &["part-1", "part-2"]).output().unwrap();
    assert_eq!(whole.status.code(), Some(0), "{}", said(&whole));
}

#[test]
fn what_no_part_has_begun_has_no_seed_after_a_merge() {
    let class = Class::handed_in();
    let next = COURSE[COURSE.find("[[").unwrap()..].replace("week-1", "week-2");
    class.write("course.toml", format!("{COURSE}{next}"));
    let week = ["--assignment", "week-1"];
    for at in 1..=2 {
        let (name, share) = (format!("part-{at}"), format!("hash:{at}/2"));
        let arguments = [&["in", "--partition", &share], &week[..]].concat();
        class.command("batch", &name, &arguments).output().unwrap();
    }
    class.command("merge", "out", &["part-1", "part-2"]).output().unwrap();
    let next = class.batch(&["--assignment", "week-2"]);
    assert_eq!(next.status.code(), Some(0), "{}", said(&next));
}

#[test]
fn the_amendments_of_parts_are_those_of_the_whole() {
    let class = Class::handed_in();
    part(&class, "part-1", "hash:1/1");
    let decision = ["--points", "2", "--reason", "shown at the board", "--by", "Prof. X"];
    let amendment = [&["bob", "ex_90_1", "gradients"], &decision[..]].concat();
    assert!(class.command("amend", "part-1", &amendment).status().unwrap().success());
    class.command("merge", "out", &["part-1"]).output().unwrap();
    assert!(class.row("bob").contains("shown at the board"), "{}", class.row("bob"));
}
