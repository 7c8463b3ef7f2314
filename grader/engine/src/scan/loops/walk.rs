//! The walk over the syntax of a file.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::{
    Arm, BinOp, Block, Expr, ExprBinary, ExprCall, ExprClosure, ExprForLoop, ExprIf, ExprIndex,
    ExprLet, ExprLoop, ExprMethodCall, ExprPath, ExprUnary, ExprWhile, File, Generics, ImplItemFn,
    ItemConst, ItemEnum, ItemFn, ItemImpl, ItemMacro, ItemMod, ItemStatic, ItemStruct, ItemTrait,
    ItemType, Local, Token, TraitItemFn, UnOp, UseRename,
    ext::IdentExt,
    punctuated::Punctuated,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::{
    Function, LOOP, Mention, Role, WHILE,
    origin::{Names, Origin},
    words,
};
use crate::scan::Finding;

/// Methods that walk an array element by element, or part by part: loops by another name.
pub const METHODS: [&str; 33] = [
    "axis_chunks_iter",
    "axis_chunks_iter_mut",
    "axis_iter",
    "axis_iter_mut",
    "axis_windows",
    "chunks",
    "chunks_exact",
    "chunks_exact_mut",
    "chunks_mut",
    "columns",
    "columns_mut",
    "drain",
    "exact_chunks",
    "exact_chunks_mut",
    "for_each",
    "indexed_iter",
    "indexed_iter_mut",
    "into_iter",
    "iter",
    "iter_mut",
    "lanes",
    "lanes_mut",
    "outer_iter",
    "outer_iter_mut",
    "into_outer_iter",
    "into_par_iter",
    "par_iter",
    "rchunks",
    "rchunks_exact",
    "rchunks_mut",
    "rows",
    "rows_mut",
    "windows",
];

/// Functions of `std::iter`.
const ITERATORS: [&str; 5] = ["from_fn", "repeat_n", "repeat_with", "successors", "zip"];

/// What one may ask of a range without walking over it.
const OF_RANGES: [&str; 10] =
    ["clone", "collect", "contains", "into", "is_empty", "len", "rev", "skip", "step_by", "take"];

/// Methods that make each element of an array anew, from the element alone.
const ELEMENT_WISE: [&str; 5] =
    ["map_inplace", "mapv", "mapv_inplace", "mapv_into", "mapv_into_any"];

/// Traits whose members walk over what comes first among their arguments.
const WALKERS: [&str; 2] = ["IntoIterator", "Iterator"];

/// What comes of many elements, or of a whole row: where each element of a result asks for one, the
/// functions that fill it walk over what is asked.
const REDUCTIONS: [&str; 14] = [
    "column",
    "dot",
    "fold",
    "index_axis",
    "map_axis",
    "mean",
    "mean_axis",
    "product",
    "row",
    "select",
    "slice",
    "std",
    "sum",
    "sum_axis",
];

/// The members that operators stand for. Of `+=` the assignment is among them as well.
pub const OPERATORS: [(char, &str); 11] = [
    ('+', "add"),
    ('+', "add_assign"),
    ('-', "sub"),
    ('-', "neg"),
    ('-', "sub_assign"),
    ('*', "mul"),
    ('*', "mul_assign"),
    ('/', "div"),
    ('/', "div_assign"),
    ('%', "rem"),
    ('!', "not"),
];

/// Macros for those who look for a mistake: what they say of arrays computes nothing.
pub const FOR_PEOPLE: [&str; 15] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "format",
    "panic",
    "print",
    "println",
    "todo",
    "unimplemented",
    "unreachable",
];

pub struct Walk<'a> {
    path: &'a str,
    names: Names,
    modules: Vec<String>,
    /// How members of the current implementation or trait are come to.
    role: Option<Role>,
    /// Type parameters that are known here.
    generics: BTreeSet<String>,
    /// What local names stand for here.
    bound: BTreeMap<String, Origin>,
    /// Local closures that compute each element on its own.
    computing: BTreeSet<String>,
    /// The functions around the current place, the outermost first; the very first is the file.
    open: Vec<Function>,
    closed: Vec<Function>,
}

impl<'a> Walk<'a> {
    pub fn functions(syntax: &File, path: &'a str) -> Vec<Function> {
        let file = Function { role: Role::Outside, path: path.to_owned(), ..Function::default() };
        let mut walk = Self {
            path,
            names: Names::of(&syntax.items),
            modules: vec![module(path)],
            role: None,
            generics: BTreeSet::new(),
            bound: BTreeMap::new(),
            computing: BTreeSet::new(),
            open: vec![file],
            closed: Vec::new(),
        };
        walk.visit_file(syntax);
        walk.closed.extend(walk.open);
        walk.closed
    }

    fn found(&mut self, what: &str, node: &impl Spanned) {
        let line = node.span().start().line;
        let found = Finding { path: self.path.to_owned(), line, what: what.to_owned() };
        self.innermost().loops.push(found);
    }

    fn mention(&mut self, mention: Mention) {
        self.innermost().mentions.insert(mention);
    }

    fn member(&mut self, name: &str) {
        self.mention(Mention::Member(name.to_owned()));
    }

    fn innermost(&mut self) -> &mut Function {
        self.open.last_mut().expect("the file's own is never closed")
    }

    /// Walks a function with this block, where it has one.
    fn within_block(
        &mut self,
        node: &impl Spanned,
        sig: &syn::Signature,
        block: Option<&Block>,
        role: Role,
        walk: impl FnOnce(&mut Self),
    ) {
        let body = block.map(|it| it.brace_token.span.join().byte_range());
        self.within(node, &sig.ident, role, |inner| {
            inner.innermost().body = body.map(|it| (it.start, it.end));
            inner.innermost().begins = block.map_or(0, first_step);
            inner.bind_inputs(sig);
            inner.with_generics(&sig.generics, walk);
        });
    }

    /// Walks a node that is a function of this name, in which no local name is known.
    fn within(
        &mut self,
        node: &impl Spanned,
        name: &syn::Ident,
        role: Role,
        walk: impl FnOnce(&mut Self),
    ) {
        let lines = (name.span().start().line, node.span().end().line);
        let (name, path) = (name.unraw().to_string(), self.path.to_owned());
        let module = self.modules.last().cloned().unwrap_or_default();
        self.open.push(Function { name, path, lines, module, role, ..Function::default() });
        let bound = std::mem::take(&mut self.bound);
        walk(self);
        self.bound = bound;
        self.closed.extend(self.open.pop());
    }

    /// Walks a node in which further names may be bound.
    fn scoped(&mut self, walk: impl FnOnce(&mut Self)) {
        let bound = self.bound.clone();
        walk(self);
        self.bound = bound;
    }

    fn with_generics(&mut self, generics: &Generics, walk: impl FnOnce(&mut Self)) {
        let known = self.generics.clone();
        self.generics.extend(generics.type_params().map(|it| it.ident.to_string()));
        walk(self);
        self.generics = known;
    }

    fn origin(&self, expression: &Expr) -> Origin {
        self.names.of_expression(expression, &self.bound)
    }

    fn member_role(&self) -> Role {
        self.role.clone().unwrap_or_default()
    }

    fn bind_inputs(&mut self, signature: &syn::Signature) {
        for input in &signature.inputs {
            if let syn::FnArg::Typed(it) = input {
                let origin = self.names.of_type(&it.ty);
                self.names.bind(&it.pat, origin, &mut self.bound);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item_mod(&mut self, node: &'ast ItemMod) {
        self.modules.push(node.ident.unraw().to_string());
        visit::visit_item_mod(self, node);
        self.modules.pop();
    }

    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        let role = Role::Free;
        self.within_block(node, &node.sig, Some(&node.block), role, |walk| {
            visit::visit_item_fn(walk, node);
        });
    }

    fn visit_impl_item_fn(&mut self, node: &'ast ImplItemFn) {
        let role = self.member_role();
        self.within_block(node, &node.sig, Some(&node.block), role, |walk| {
            visit::visit_impl_item_fn(walk, node);
        });
    }

    fn visit_trait_item_fn(&mut self, node: &'ast TraitItemFn) {
        let role = self.member_role();
        self.within_block(node, &node.sig, node.default.as_ref(), role, |walk| {
            visit::visit_trait_item_fn(walk, node);
        });
    }

    fn visit_item_impl(&mut self, node: &'ast ItemImpl) {
        let mut owners = types(&node.self_ty);
        let mut of_trait = None;
        if let Some((path, ..)) = &node.trait_ {
            let last = path.segments.last();
            of_trait = last.map(|it| it.ident.to_string());
            owners.extend(last.map(|it| types(&it.arguments)).unwrap_or_default());
        }
        let outer = self.role.replace(Role::Member { owners, of_trait });
        self.with_generics(&node.generics, |walk| visit::visit_item_impl(walk, node));
        self.role = outer;
    }

    fn visit_item_trait(&mut self, node: &'ast ItemTrait) {
        let of_trait = Some(node.ident.to_string());
        let outer = self.role.replace(Role::Member { owners: BTreeSet::new(), of_trait });
        self.with_generics(&node.generics, |walk| visit::visit_item_trait(walk, node));
        self.role = outer;
    }

    fn visit_item_struct(&mut self, node: &'ast ItemStruct) {
        self.within(node, &node.ident, Role::Type, |walk| visit::visit_item_struct(walk, node));
    }

    fn visit_item_enum(&mut self, node: &'ast ItemEnum) {
        self.within(node, &node.ident, Role::Type, |walk| visit::visit_item_enum(walk, node));
    }

    fn visit_item_type(&mut self, node: &'ast ItemType) {
        self.within(node, &node.ident, Role::Type, |walk| visit::visit_item_type(walk, node));
    }

    fn visit_item_const(&mut self, node: &'ast ItemConst) {
        self.within(node, &node.ident, Role::Free, |walk| visit::visit_item_const(walk, node));
    }

    fn visit_item_static(&mut self, node: &'ast ItemStatic) {
        self.within(node, &node.ident, Role::Free, |walk| visit::visit_item_static(walk, node));
    }

    fn visit_item_macro(&mut self, node: &'ast ItemMacro) {
        match (&node.ident, node.mac.parse_body::<File>()) {
            (Some(name), _) => self.within(node, name, Role::Macro, |walk| walk.read(&node.mac)),
            // Items, as `thread_local!` takes them.
            (None, Ok(items)) => {
                self.visit_path_of_macro(&node.mac);
                self.visit_file(&items);
            }
            (None, _) => self.visit_macro(&node.mac),
        }
    }

    fn visit_use_rename(&mut self, node: &'ast UseRename) {
        let name = node.ident.unraw().to_string();
        for role in [Role::Free, Role::Macro, Role::Type] {
            self.within(node, &node.rename, role, |walk| {
                walk.mention(Mention::Function { module: None, name: name.clone() });
                walk.mention(Mention::Macro(name.clone()));
                walk.mention(Mention::Type(name.clone()));
            });
        }
    }

    fn visit_block(&mut self, node: &'ast Block) {
        self.scoped(|walk| visit::visit_block(walk, node));
    }

    fn visit_arm(&mut self, node: &'ast Arm) {
        self.scoped(|walk| {
            walk.names.bind(&node.pat, Origin::Unknown, &mut walk.bound);
            visit::visit_arm(walk, node);
        });
    }

    fn visit_local(&mut self, node: &'ast Local) {
        visit::visit_local(self, node);
        // What it is initialised with is not its own.
        let origin = node.init.as_ref().map_or(Origin::Unknown, |init| self.origin(&init.expr));
        self.names.bind(&node.pat, origin, &mut self.bound);
        if node.init.as_ref().is_some_and(|init| computes(&init.expr)) {
            self.computing.insert(node.pat.to_token_stream().to_string());
        }
    }

    fn visit_expr_let(&mut self, node: &'ast ExprLet) {
        visit::visit_expr_let(self, node);
        let origin = self.origin(&node.expr);
        self.names.bind(&node.pat, origin, &mut self.bound);
    }

    fn visit_expr_if(&mut self, node: &'ast ExprIf) {
        self.scoped(|walk| visit::visit_expr_if(walk, node));
    }

    fn visit_expr_closure(&mut self, node: &'ast ExprClosure) {
        self.scoped(|walk| {
            for input in &node.inputs {
                // Most closures here are given to methods of arrays.
                walk.names.bind(input, Origin::Elements, &mut walk.bound);
            }
            visit::visit_expr_closure(walk, node);
        });
    }

    fn visit_expr_for_loop(&mut self, node: &'ast ExprForLoop) {
        if self.origin(&node.expr) != Origin::Sizes {
            self.found("a `for` loop", &node.for_token);
        }
        self.scoped(|walk| {
            walk.names.bind(&node.pat, Origin::Elements, &mut walk.bound);
            visit::visit_expr_for_loop(walk, node);
        });
    }

    fn visit_expr_while(&mut self, node: &'ast ExprWhile) {
        self.found(WHILE, &node.while_token);
        visit::visit_expr_while(self, node);
    }

    fn visit_expr_loop(&mut self, node: &'ast ExprLoop) {
        self.found(LOOP, &node.loop_token);
        visit::visit_expr_loop(self, node);
    }

    fn visit_expr_method_call(&mut self, node: &'ast ExprMethodCall) {
        let name = node.method.unraw().to_string();
        let what = format!("`.{name}()`, which walks the elements one by one");
        match self.origin(&node.receiver) {
            Origin::Range if OF_RANGES.contains(&name.as_str()) => (),
            Origin::Range => self.found("a walk over a range", &node.receiver),
            Origin::Elements if METHODS.contains(&name.as_str()) => self.found(&what, &node.method),
            Origin::Positions => self.each_element("`Zip::indexed`", &node.args, &node.method),
            _ if ELEMENT_WISE.contains(&name.as_str()) => {
                self.each_element(&format!("`{name}`"), &node.args, &node.method);
            }
            _ => (),
        }
        self.innermost().reduces |= REDUCTIONS.contains(&name.as_str());
        self.member(&name);
        self.member_of_self(node, name);
        visit::visit_expr_method_call(self, node);
    }

    fn visit_expr_call(&mut self, node: &'ast ExprCall) {
        let Expr::Path(function) = &*node.func else { return visit::visit_expr_call(self, node) };
        let names: Vec<_> =
            function.path.segments.iter().map(|it| it.ident.unraw().to_string()).collect();
        let last = names.last().map(String::as_str).unwrap_or_default();
        let is_of_std = names.len() == 1 && !self.bound.contains_key(last);
        let is_iterator = ITERATORS.contains(&last)
            && (names.contains(&"iter".to_owned()) || (is_of_std && last == "zip"));
        let is_method = (METHODS.contains(&last)
            || names.iter().any(|it| WALKERS.contains(&&**it)))
            && (names.len() > 1 || function.qself.is_some());
        if is_iterator || (is_method && node.args.first().is_some_and(|it| self.is_many(it))) {
            self.found(&format!("`{last}`, which walks the elements one by one"), &function.path);
        }
        if last.starts_with("from_shape") {
            self.each_element(&format!("`{last}`"), &node.args, &function.path);
        }
        visit::visit_expr_call(self, node);
    }

    fn visit_expr_binary(&mut self, node: &'ast ExprBinary) {
        if let Some(name) = operator(&node.op) {
            self.member(name);
        }
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_unary(&mut self, node: &'ast ExprUnary) {
        match node.op {
            UnOp::Neg(_) => self.member("neg"),
            UnOp::Not(_) => self.member("not"),
            _ => (),
        }
        visit::visit_expr_unary(self, node);
    }

    fn visit_expr_index(&mut self, node: &'ast ExprIndex) {
        self.member("index");
        self.member("index_mut");
        visit::visit_expr_index(self, node);
    }

    fn visit_expr_path(&mut self, node: &'ast ExprPath) {
        let is_local = node
            .path
            .get_ident()
            .is_some_and(|name| self.bound.contains_key(&name.unraw().to_string()));
        if !is_local {
            visit::visit_expr_path(self, node);
        }
    }

    fn visit_path(&mut self, node: &'ast syn::Path) {
        let names: Vec<_> = node.segments.iter().map(|it| it.ident.unraw().to_string()).collect();
        if let [.., owner, name] = names.as_slice() {
            self.mention_in(owner, name);
        } else if let [name] = names.as_slice() {
            self.mention(Mention::Function { module: None, name: name.clone() });
        }
        for name in names.into_iter().filter(|name| is_type(name)) {
            self.mention(Mention::Type(name));
        }
        visit::visit_path(self, node);
    }

    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        let is_for_people =
            node.path.get_ident().is_some_and(|name| FOR_PEOPLE.iter().any(|it| name == it));
        if is_for_people && !words::does(node.tokens.clone()) {
            return;
        }
        self.visit_path_of_macro(node);
        match node.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            Ok(arguments) => arguments.iter().for_each(|it| self.visit_expr(it)),
            Err(_) => self.read(node),
        }
    }
}

impl Walk<'_> {
    fn is_many(&self, expression: &Expr) -> bool {
        matches!(self.origin(expression), Origin::Elements | Origin::Range)
    }

    /// Notes where arguments of `filler`, which fills an array element by element, compute more than that.
    fn each_element(
        &mut self,
        filler: &str,
        arguments: &Punctuated<Expr, Token![,]>,
        at: &impl Spanned,
    ) {
        let what = format!("{filler}, which computes each element on its own");
        for argument in arguments {
            if computes(argument)
                || self.computing.contains(&argument.to_token_stream().to_string())
            {
                self.found(&what, at);
            }
            for call in calls(argument) {
                let (line, path) = (at.span().start().line, self.path.to_owned());
                let found = Finding { path, line, what: what.clone() };
                self.innermost().per_element.push((call, found));
            }
        }
    }

    /// A call that certainly meets a member of the same implementation.
    fn member_of_self(&mut self, node: &ExprMethodCall, name: String) {
        let is_self = matches!(&*node.receiver, Expr::Path(it) if it.path.is_ident("self"));
        if is_self {
            self.mention_in("Self", &name);
        }
    }

    fn mention_in(&mut self, owner: &str, name: &str) {
        let name = name.to_owned();
        match (&self.role, owner) {
            (Some(Role::Member { owners, of_trait }), "Self") => {
                let owners = owners.clone().into_iter().chain(of_trait.clone());
                // A trait's own name stands for it where there is no type.
                for owner in owners.take(1) {
                    self.mention(Mention::MemberOf(owner, name.clone()));
                }
            }
            (_, owner) if self.generics.contains(owner) => self.mention(Mention::Member(name)),
            (_, owner) if is_type(owner) => {
                self.mention(Mention::MemberOf(owner.to_owned(), name));
            }
            (_, module) => {
                let module = Some(module.to_owned());
                self.mention(Mention::Function { module, name });
            }
        }
    }

    fn visit_path_of_macro(&mut self, node: &syn::Macro) {
        if let Some(name) = node.path.segments.last() {
            self.mention(Mention::Macro(name.ident.unraw().to_string()));
        }
    }

    /// Reads the tokens of a macro as words.
    fn read(&mut self, node: &syn::Macro) {
        if words::read(node.tokens.clone(), self.innermost()) {
            self.found("a loop inside a macro", &node.path);
        }
    }
}

/// The module that a file holds, by its name.
fn module(path: &str) -> String {
    let names: Vec<_> = path.trim_end_matches(".rs").split('/').collect();
    match names.as_slice() {
        [.., folder, "mod"] => (*folder).to_owned(),
        ["src", "lib"] => String::new(),
        [.., name] => (*name).to_owned(),
        [] => String::new(),
    }
}

fn is_type(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

/// The names of types in a node.
fn types(node: &impl ToTokens) -> BTreeSet<String> {
    let text = node.to_token_stream().to_string();
    let names = text.split(|it: char| !(it.is_alphanumeric() || it == '_'));
    names.filter(|name| is_type(name)).map(str::to_owned).collect()
}

fn operator(found: &BinOp) -> Option<&'static str> {
    Some(match found {
        BinOp::Add(_) => "add",
        BinOp::Sub(_) => "sub",
        BinOp::Mul(_) => "mul",
        BinOp::Div(_) => "div",
        BinOp::Rem(_) => "rem",
        BinOp::BitAnd(_) => "bitand",
        BinOp::BitOr(_) => "bitor",
        BinOp::BitXor(_) => "bitxor",
        BinOp::Shl(_) => "shl",
        BinOp::Shr(_) => "shr",
        BinOp::Eq(_) | BinOp::Ne(_) => "eq",
        BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => "partial_cmp",
        BinOp::AddAssign(_) => "add_assign",
        BinOp::SubAssign(_) => "sub_assign",
        BinOp::MulAssign(_) => "mul_assign",
        BinOp::DivAssign(_) => "div_assign",
        _ => return None,
    })
}

/// The line of the first statement that does something; `let _ = x;` only keeps the compiler quiet.
fn first_step(block: &syn::Block) -> usize {
    let is_idle = |statement: &&syn::Stmt| match statement {
        syn::Stmt::Local(it) => matches!(it.pat, syn::Pat::Wild(_)),
        syn::Stmt::Item(_) => true,
        _ => false,
    };
    let first = block.stmts.iter().find(|it| !is_idle(it));
    first.map_or(block.brace_token.span.close().end().line, |it| it.span().start().line)
}

/// Whether a closure that gives one element asks for more than the elements at one place, or keeps
/// something from one element to the next.
fn computes(argument: &Expr) -> bool {
    let Expr::Closure(closure) = argument else { return false };
    let mut own = BTreeMap::new();
    for input in &closure.inputs {
        Names::default().bind(input, Origin::Unknown, &mut own);
    }
    let mut look = Computes { own, found: false };
    look.visit_expr(&closure.body);
    look.found
}

/// What a function or closure among arguments calls by a path.
fn calls(argument: &Expr) -> Vec<Mention> {
    let mut calls = Calls(Vec::new());
    match argument {
        Expr::Path(function) => calls.add(&function.path),
        Expr::Closure(closure) => calls.visit_expr(&closure.body),
        _ => (),
    }
    calls.0
}

struct Calls(Vec<Mention>);

impl Calls {
    fn add(&mut self, path: &syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|it| it.ident.unraw().to_string()).collect();
        self.0.extend(match names.as_slice() {
            [.., owner, name] if is_type(owner) => {
                Some(Mention::MemberOf(owner.clone(), name.clone()))
            }
            [modules @ .., name] => {
                Some(Mention::Function { module: modules.last().cloned(), name: name.clone() })
            }
            [] => None,
        });
    }
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_call(&mut self, node: &'ast ExprCall) {
        if let Expr::Path(function) = &*node.func {
            self.add(&function.path);
        }
        visit::visit_expr_call(self, node);
    }
}

struct Computes {
    own: BTreeMap<String, Origin>,
    found: bool,
}

impl<'ast> Visit<'ast> for Computes {
    fn visit_local(&mut self, node: &'ast Local) {
        Names::default().bind(&node.pat, Origin::Unknown, &mut self.own);
        visit::visit_local(self, node);
    }

    fn visit_expr_method_call(&mut self, node: &'ast ExprMethodCall) {
        self.found |= REDUCTIONS.iter().any(|name| node.method == name);
        visit::visit_expr_method_call(self, node);
    }

    fn visit_expr_binary(&mut self, node: &'ast ExprBinary) {
        let is_assignment = operator(&node.op).is_some_and(|name| name.ends_with("_assign"));
        self.found |= is_assignment && !self.own.contains_key(&root(&node.left));
        visit::visit_expr_binary(self, node);
    }
}

/// The variable that is changed when a part of it is.
fn root(place: &Expr) -> String {
    match place {
        Expr::Index(it) => root(&it.expr),
        Expr::Field(it) => root(&it.base),
        Expr::Unary(it) => root(&it.expr),
        Expr::Paren(it) => root(&it.expr),
        place => place.to_token_stream().to_string(),
    }
}
