//! Loops and names in the tokens of a macro, which have no grammar yet: words have to do.

use proc_macro2::{Delimiter, Punct, Spacing, TokenStream, TokenTree};

use super::{
    Function, Mention,
    walk::{FOR_PEOPLE, METHODS, OPERATORS},
};

/// Adds to a function the names in the tokens; gives true where they hold a loop.
pub fn read(tokens: TokenStream, function: &mut Function) -> bool {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let (mut found, mut after_for) = (false, false);
    for (at, token) in tokens.iter().enumerate() {
        let before = &tokens[..at];
        match token {
            TokenTree::Group(group) if is_for_people(before) && !does(group.stream()) => (),
            TokenTree::Group(group) => found |= read(group.stream(), function),
            TokenTree::Ident(word) => {
                // `for` without `in` is that of `impl Trait for Type`.
                found |= word == "while" || word == "loop" || (word == "in" && after_for);
                after_for |= word == "for";
                let name = word.to_string().trim_start_matches("r#").to_owned();
                found |= METHODS.contains(&name.as_str()) && is_member_of_unknown(before);
                function.mentions.extend(mention(name, before, &tokens[at + 1..]));
            }
            TokenTree::Punct(mark) => {
                let names = OPERATORS.iter().filter(|(sign, _)| *sign == mark.as_char());
                function
                    .mentions
                    .extend(names.map(|(_, name)| Mention::Member((*name).to_owned())));
            }
            TokenTree::Literal(_) => (),
        }
    }
    found
}

/// Whether tokens may do more than say something of values: they hold a block, or assign.
pub fn does(tokens: TokenStream) -> bool {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let assigns = |at: usize| {
        let compares = |mark: &Punct| "=!<>".contains(mark.as_char());
        matches!(&tokens[at], TokenTree::Punct(mark) if mark.as_char() == '=' && mark.spacing() == Spacing::Alone)
            && !matches!(tokens[..at].last(), Some(TokenTree::Punct(mark))
                if mark.spacing() == Spacing::Joint && compares(mark))
    };
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace || does(group.stream()),
        TokenTree::Ident(word) => word.to_string().ends_with("_mut"),
        _ => assigns(at),
    })
}

/// Whether a dot stands before, and before that no list that is written out.
fn is_member_of_unknown(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Group(list), dot] if list.delimiter() == Delimiter::Bracket => {
            is(dot, '.') && matches!(before, [.., TokenTree::Ident(_) | TokenTree::Group(_), _, _])
        }
        [.., dot] => is(dot, '.'),
        [] => false,
    }
}

/// Whether the name of a macro for those who look for a mistake stands before.
fn is_for_people(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Ident(name), mark] => {
            is(mark, '!') && FOR_PEOPLE.iter().any(|it| name == it)
        }
        _ => false,
    }
}

fn mention(name: String, before: &[TokenTree], after: &[TokenTree]) -> Option<Mention> {
    let is_called =
        matches!(after, [TokenTree::Group(it), ..] if it.delimiter() == Delimiter::Parenthesis);
    if before.last().is_some_and(|it| is(it, '.')) {
        return is_called.then_some(Mention::Member(name));
    }
    if after.first().is_some_and(|it| is(it, '!')) {
        return Some(Mention::Macro(name));
    }
    let owner = match before {
        [.., TokenTree::Ident(owner), first, second] if is(first, ':') && is(second, ':') => {
            Some(owner.to_string())
        }
        _ => None,
    };
    let is_type = |name: &str| name.starts_with(char::is_uppercase);
    match owner {
        Some(owner) if is_type(&owner) => Some(Mention::MemberOf(owner, name)),
        module if is_called && !is_type(&name) => Some(Mention::Function { module, name }),
        _ if is_type(&name) => Some(Mention::Type(name)),
        _ => None,
    }
}

fn is(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == sign)
}
