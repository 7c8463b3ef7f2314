//! Formulas: LaTeX in, MathML out.

use std::panic::{self, AssertUnwindSafe};

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};

/// What Markdown would take for its own between the tags of MathML.
const TAKEN: [(char, &str); 8] = [
    ('*', "&#42;"),
    ('_', "&#95;"),
    ('|', "&#124;"),
    ('`', "&#96;"),
    ('\\', "&#92;"),
    ('[', "&#91;"),
    ('~', "&#126;"),
    ('$', "&#36;"),
];

/// What turns formulas into MathML.
pub struct Formulas(LatexToMathML);

impl Formulas {
    pub fn new() -> Self {
        let config = MathCoreConfig::default();
        Self(LatexToMathML::new(config).expect("without macros nothing can be wrong with them"))
    }

    /// A formula as MathML in one line, which Markdown leaves alone.
    ///
    /// # Errors
    /// What is wrong with the formula.
    pub fn mathml(&self, latex: &str, display: MathDisplay) -> Result<String, String> {
        // The crate panics where an `&` stands in a place that it does not expect.
        let convert = AssertUnwindSafe(|| self.0.convert_with_local_state(latex, display));
        let converted = panic::catch_unwind(convert).map_err(|_| {
            format!(
                "the formula {latex:?}: does an `&` stand within braces, or `\\left` and `\\right`?"
            )
        })?;
        let mathml = converted.map_err(|error| format!("the formula {latex:?}: {error}"))?.mathml;
        let mathml = mathml.lines().map(str::trim).collect::<String>();
        Ok(TAKEN.iter().fold(mathml, |text, (sign, code)| text.replace(*sign, code)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_mathml_that_markdown_leaves_alone() {
        let formulas = Formulas::new();
        let found = formulas.mathml(r"a_1 * |b| \\ \text{c|d}", MathDisplay::Block).unwrap();
        assert!(found.starts_with("<math display=\"block\""), "{found}");
        assert!(!found.contains(['*', '_', '|', '\\', '\n']), "{found}");
    }

    #[test]
    fn what_lessons_need_is_rendered() {
        let formulas = Formulas::new();
        for latex in [
            r"\frac{\partial L}{\partial \mathbf{W}} = \left(\frac{\partial L}{\partial \mathbf{Z}}\right)^\top \mathbf{X}",
            r"\begin{aligned} z &= wx + b \\ a &= \tanh z \end{aligned}",
            r"\begin{cases} z & z \ge 0 \\ \alpha z & z < 0 \end{cases}",
            r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
            r"\operatorname{diag}(1 - \mathbf{a} \odot \mathbf{a}), \sum_{i=1}^{B} \tfrac{1}{2} (a_i - y_i)^2",
        ] {
            formulas.mathml(latex, MathDisplay::Block).unwrap();
        }
    }

    #[test]
    fn a_broken_formula_says_what_is_wrong() {
        let found = Formulas::new().mathml(r"\frac{1}{", MathDisplay::Inline).unwrap_err();
        assert!(found.starts_with(r#"the formula "\\frac{1}{": "#), "{found}");
        assert!(Formulas::new().mathml(r"\unknown", MathDisplay::Inline).is_err());
        let style = r"\begin{aligned} \textstyle\sum p &= 1 \end{aligned}";
        assert!(Formulas::new().mathml(style, MathDisplay::Block).unwrap_err().contains('&'));
    }
}
