//! LaTeX formulas as lines of Unicode, in the notation of the briefs: `∂L/∂w = (a − y)·x`.

use std::{iter::Peekable, str::Chars};

/// Commands that stand for a sign. What is not in the list keeps its backslash, and can be read all the same.
const SIGNS: &[(&str, &str)] = &[
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("epsilon", "ε"),
    ("varepsilon", "ε"),
    ("eta", "η"),
    ("theta", "θ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("phi", "φ"),
    ("varphi", "φ"),
    ("psi", "ψ"),
    ("omega", "ω"),
    ("Delta", "Δ"),
    ("Theta", "Θ"),
    ("Lambda", "Λ"),
    ("Sigma", "Σ"),
    ("Phi", "Φ"),
    ("Omega", "Ω"),
    ("infty", "∞"),
    ("sum", "Σ"),
    ("prod", "Π"),
    ("int", "∫"),
    ("cdot", "·"),
    ("times", "×"),
    ("div", "÷"),
    ("pm", "±"),
    ("mp", "∓"),
    ("odot", "⊙"),
    ("otimes", "⊗"),
    ("oplus", "⊕"),
    ("circ", "∘"),
    ("ast", "∗"),
    ("le", "≤"),
    ("leq", "≤"),
    ("ge", "≥"),
    ("geq", "≥"),
    ("ll", "≪"),
    ("gg", "≫"),
    ("ne", "≠"),
    ("neq", "≠"),
    ("approx", "≈"),
    ("equiv", "≡"),
    ("sim", "∼"),
    ("propto", "∝"),
    ("in", "∈"),
    ("notin", "∉"),
    ("subset", "⊂"),
    ("to", "→"),
    ("rightarrow", "→"),
    ("longrightarrow", "⟶"),
    ("leftarrow", "←"),
    ("Rightarrow", "⇒"),
    ("implies", "⇒"),
    ("Leftrightarrow", "⇔"),
    ("iff", "⇔"),
    ("mapsto", "↦"),
    ("forall", "∀"),
    ("exists", "∃"),
    ("ldots", "…"),
    ("cdots", "⋯"),
    ("dots", "…"),
    ("vdots", "⋮"),
    ("ddots", "⋱"),
    ("top", "⊤"),
    ("prime", "′"),
    ("ell", "ℓ"),
    ("lfloor", "⌊"),
    ("rfloor", "⌋"),
    ("lceil", "⌈"),
    ("rceil", "⌉"),
    ("langle", "⟨"),
    ("rangle", "⟩"),
    ("lvert", "|"),
    ("rvert", "|"),
    ("vert", "|"),
    ("mid", "|"),
    ("lVert", "‖"),
    ("rVert", "‖"),
    ("Vert", "‖"),
    ("quad", "\u{a0}"),
    ("qquad", "\u{a0}\u{a0}"),
    ("left", ""),
    ("right", ""),
    ("big", ""),
    ("Big", ""),
    ("bigl", ""),
    ("bigr", ""),
    ("Bigl", ""),
    ("Bigr", ""),
    ("displaystyle", ""),
    ("limits", ""),
    ("hline", ""),
];

/// Functions, which are written as they are called.
const FUNCTIONS: [&str; 14] = [
    "tanh", "sinh", "cosh", "sin", "cos", "tan", "exp", "log", "ln", "max", "min", "arg", "lim",
    "det",
];

const SUPERSCRIPTS: &str =
    "0⁰1¹2²3³4⁴5⁵6⁶7⁷8⁸9⁹+⁺-⁻−⁻=⁼(⁽)⁾aᵃbᵇcᶜdᵈeᵉfᶠgᵍhʰiⁱjʲkᵏlˡmᵐnⁿoᵒpᵖrʳsˢtᵗuᵘvᵛwʷxˣyʸzᶻ⊤ᵀTᵀ′′";
const SUBSCRIPTS: &str = "0₀1₁2₂3₃4₄5₅6₆7₇8₈9₉+₊-₋−₋=₌(₍)₎aₐeₑhₕiᵢjⱼkₖlₗmₘnₙoₒpₚrᵣsₛtₜuᵤvᵥxₓ";

/// The lines of a formula.
pub fn lines(latex: &str) -> Vec<String> {
    let letters = latex.chars().peekable();
    let text = Formula { letters, is_aligned: true, marks: 0 }.until(None);
    let lines = text.split('\n').map(|line| tidied(line).trim().replace('\u{a0}', " "));
    lines.filter(|line| !line.is_empty()).collect()
}

/// With one space where there are several; wide ones stay.
fn tidied(text: &str) -> String {
    let words: Vec<_> = text.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

struct Formula<'a> {
    letters: Peekable<Chars<'a>>,
    /// Whether every second mark in a row only aligns, as between the sides of equations.
    is_aligned: bool,
    /// The marks between cells so far in this row.
    marks: usize,
}

impl Formula<'_> {
    /// Reads up to a closing letter, or to the end.
    fn until(&mut self, end: Option<char>) -> String {
        let mut text = String::new();
        while let Some(letter) = self.letters.next() {
            match letter {
                it if Some(it) == end => break,
                '\\' => self.command(&mut text),
                '{' => text += &self.until(Some('}')),
                '^' => text += &script('^', &self.argument(), SUPERSCRIPTS),
                '_' => text += &script('_', &self.argument(), SUBSCRIPTS),
                '\'' => text.push('′'),
                '-' => text.push('−'),
                '&' => text += self.mark(),
                '~' | '\n' => text.push(' '),
                other => text.push(other),
            }
        }
        text
    }

    fn skip_spaces(&mut self) {
        while self.letters.next_if(|it| it.is_whitespace()).is_some() {}
    }

    fn argument(&mut self) -> String {
        self.skip_spaces();
        match self.letters.next() {
            Some('{') => self.until(Some('}')),
            Some('\\') => {
                let mut text = String::new();
                self.command(&mut text);
                text
            }
            Some('-') => "−".to_owned(),
            other => other.map(String::from).unwrap_or_default(),
        }
    }

    fn command(&mut self, text: &mut String) {
        let mut name = String::new();
        while let Some(letter) = self.letters.next_if(char::is_ascii_alphabetic) {
            name.push(letter);
        }
        match name.as_str() {
            "" => match self.letters.next() {
                Some('\\') => {
                    self.marks = 0;
                    text.push('\n');
                }
                Some(sign @ ('{' | '}' | '%' | '_' | '&' | '#' | '$')) => text.push(sign),
                Some('|') => text.push('‖'),
                Some('!') | None => (),
                Some(_) => text.push(' '),
            },
            "frac" | "tfrac" | "dfrac" => {
                let (above, below) = (self.argument(), self.argument());
                *text += &format!("{}/{}", grouped(&above), grouped(&below));
            }
            "sqrt" => *text += &format!("√{}", grouped(&self.argument())),
            "underset" => {
                let (below, base) = (self.argument(), self.argument());
                *text += &format!("{base} [{below}]");
            }
            "begin" => self.begin(),
            "end" => drop(self.argument()),
            "partial" | "nabla" => {
                text.push(if name == "nabla" { '∇' } else { '∂' });
                self.skip_spaces();
            }
            "text" | "mathrm" | "operatorname" | "mathbf" | "mathit" | "mathsf" | "mathcal"
            | "mathbb" | "boldsymbol" | "underbrace" | "overbrace" => *text += &self.argument(),
            "hat" => *text += &format!("{}\u{302}", self.argument()),
            "bar" | "overline" => *text += &format!("{}\u{304}", self.argument()),
            function if FUNCTIONS.contains(&function) => *text += function,
            other => match SIGNS.iter().find(|(name, _)| *name == other) {
                Some((_, sign)) => *text += sign,
                None => *text += &format!("\\{other}"),
            },
        }
    }

    /// What stands between two cells.
    fn mark(&mut self) -> &'static str {
        self.marks += 1;
        if self.is_aligned && self.marks % 2 == 1 { " " } else { " \u{a0}\u{a0} " }
    }

    /// Where rows are no equations, their cells stand apart.
    fn begin(&mut self) {
        let environment = self.argument();
        self.is_aligned = environment.starts_with("align") || environment.starts_with("split");
        if environment == "array" {
            self.argument();
        }
    }
}

/// A part of a fraction, in parentheses where it would fall apart.
fn grouped(part: &str) -> String {
    let part = tidied(part);
    let joins = |it: char| it.is_alphanumeric() || "∂√′.^_|".contains(it) || is_script(it);
    let in_parentheses = part.trim_start_matches(joins);
    let closes_late = in_parentheses.find(')').is_some_and(|at| at + 1 == in_parentheses.len());
    if in_parentheses.is_empty() || in_parentheses.starts_with('(') && closes_late {
        part
    } else {
        format!("({part})")
    }
}

fn is_script(letter: char) -> bool {
    let is_odd = |scripts: &str| scripts.chars().skip(1).step_by(2).any(|it| it == letter);
    is_odd(SUPERSCRIPTS) || is_odd(SUBSCRIPTS)
}

/// A superscript or subscript, where Unicode has all of its letters.
fn script(mark: char, text: &str, scripts: &str) -> String {
    let small = |letter: char| {
        let mut pairs = scripts.chars().step_by(2).zip(scripts.chars().skip(1).step_by(2));
        pairs.find(|(large, _)| *large == letter).map(|(_, small)| small)
    };
    let text = tidied(text);
    let letters = text.chars().filter(|it| *it != ' ');
    letters.map(small).collect::<Option<String>>().unwrap_or_else(|| {
        if text.chars().count() == 1 { format!("{mark}{text}") } else { format!("{mark}({text})") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(latex: &str) -> String {
        lines(latex).join(" ⏎ ")
    }

    #[test]
    fn formulas_are_written_as_in_the_briefs() {
        for (latex, expected) in [
            (r"z = w x + b \qquad a = \tanh(z)", "z = w x + b    a = tanh(z)"),
            (r"L = \tfrac{1}{2}(a - y)^2", "L = 1/2(a − y)²"),
            (r"\frac{\partial L}{\partial w} \cdot x", "∂L/∂w · x"),
            (r"\frac{\partial (wx + b)}{\partial w}", "∂(wx + b)/∂w"),
            (r"\frac{e^z - e^{-z}}{2}", "(eᶻ − e⁻ᶻ)/2"),
            (r"1 - \tanh^2(z)", "1 − tanh²(z)"),
            (r"\sum_{i=1}^{B} z_{ij} \le 10^{308}", "Σᵢ₌₁^B zᵢⱼ ≤ 10³⁰⁸"),
            (r"\mathbf{X}^\top \in \mathbb{R}^{B \times d}", "Xᵀ ∈ R^(B × d)"),
            (r"\sinh' \left(\sqrt{\epsilon}\right)", "sinh′ (√ε)"),
            (r"w_{\text{new}}, \{0\}, 5\%", "w_(new), {0}, 5%"),
            (r"\unheard{x}", r"\unheardx"),
        ] {
            assert_eq!(line(latex), expected, "{latex}");
        }
    }

    #[test]
    fn rows_are_lines() {
        let latex = "\\begin{aligned}\na &= b \\\\\n&= \\frac{c}{d}\n\\end{aligned}";
        assert_eq!(line(latex), "a = b ⏎ = c/d");
        let latex = r"f(z) = \begin{cases} z & z > 0 \\ 0 & \text{otherwise} \end{cases}";
        assert_eq!(line(latex), "f(z) = z    z > 0 ⏎ 0    otherwise");
        let latex = r"\begin{aligned} a &= b & c &= d \\ & & e &= f \end{aligned}";
        assert_eq!(line(latex), "a = b    c = d ⏎ e = f");
    }

    #[test]
    fn what_does_not_end_is_read_to_the_end() {
        for latex in ["{", "\\", "\\frac{a}", "a^", "_{b", "\\begin", "}}"] {
            lines(latex);
        }
    }
}
