//! Which functions lead to which.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Function, Mention, Role};

/// Methods of arrays and numbers. One of an extension of the learner's for a type that is not the
/// learner's own may have the same name, and is not what is called.
const OF_ARRAYS: [&str; 52] = [
    "abs",
    "assign",
    "broadcast",
    "ceil",
    "clone",
    "column",
    "columns",
    "cosh",
    "diag",
    "dim",
    "dot",
    "exp",
    "fill",
    "first",
    "floor",
    "fold",
    "fold_axis",
    "for_each",
    "index_axis",
    "insert_axis",
    "into_iter",
    "iter",
    "iter_mut",
    "last",
    "len",
    "ln",
    "map",
    "map_axis",
    "map_inplace",
    "mapv",
    "mapv_inplace",
    "max",
    "mean",
    "mean_axis",
    "min",
    "ncols",
    "nrows",
    "pow2",
    "powf",
    "powi",
    "product",
    "row",
    "rows",
    "scaled_add",
    "shape",
    "slice",
    "sqrt",
    "std",
    "sum",
    "sum_axis",
    "tanh",
    "to_owned",
];

/// Members that are called without being named.
const IMPLICIT: [&str; 3] = ["deref", "deref_mut", "drop"];

/// Members that others call on their behalf.
const ON_BEHALF: [(&str, &str); 4] =
    [("from", "into"), ("try_from", "try_into"), ("from_iter", "collect"), ("from_str", "parse")];

/// The functions that some lead to.
pub struct Reach<'a> {
    all: &'a [Function],
    by_name: BTreeMap<&'a str, Vec<usize>>,
    /// Members, by the types in their heads.
    by_owner: BTreeMap<&'a str, Vec<usize>>,
    reached: BTreeSet<usize>,
    /// Those of `reached` whose mentions were not followed yet.
    pending: Vec<usize>,
    mentions: BTreeSet<&'a Mention>,
}

impl<'a> Reach<'a> {
    /// All that the `named` functions at the root of the crate lead to, and they themselves.
    pub fn new(all: &'a [Function], named: &[&str]) -> Self {
        let mut reach = Self::before(all);
        for name in named {
            let roots = reach.free("", Some("crate"), name);
            if roots.is_empty() {
                // A macro may have made it.
                let outside = |at: &usize| matches!(all[*at].role, Role::Outside);
                (0..all.len()).filter(outside).for_each(|at| reach.add(at));
            }
            roots.into_iter().for_each(|at| reach.add(at));
        }
        while let Some(at) = reach.pending.pop() {
            reach.certain(at).into_iter().for_each(|at| reach.add(at));
            for mention in &all[at].mentions {
                if reach.mentions.insert(mention) {
                    reach.follow(mention);
                }
            }
        }
        reach
    }

    fn before(all: &'a [Function]) -> Self {
        let (mut by_name, mut by_owner) = (BTreeMap::new(), BTreeMap::new());
        for (at, function) in all.iter().enumerate() {
            by_name.entry(function.name.as_str()).or_insert_with(Vec::new).push(at);
            if let Role::Member { owners, .. } = &function.role {
                for owner in owners {
                    by_owner.entry(owner.as_str()).or_insert_with(Vec::new).push(at);
                }
            }
        }
        let (reached, pending, mentions) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
        Self { all, by_name, by_owner, reached, pending, mentions }
    }

    /// Their places, in the order of the source.
    pub fn functions(&self) -> impl Iterator<Item = usize> {
        self.reached.iter().copied()
    }

    /// Calls for each element of a result of what comes of many elements.
    pub fn per_element(&self) -> impl Iterator<Item = (usize, Finding)> {
        let calls = self.reached.iter().flat_map(|at| {
            self.all[*at].per_element.iter().map(move |(call, found)| (*at, call, found))
        });
        let reduces = |(at, call, _): &(usize, &Mention, &Finding)| {
            let mut seen = BTreeSet::new();
            self.by_path(*at, call).into_iter().any(|it| self.reduces(it, &mut seen))
        };
        calls.filter(reduces).map(|(at, _, found)| (at, found.clone()))
    }

    fn reduces(&self, at: usize, seen: &mut BTreeSet<usize>) -> bool {
        let calls = |seen: &mut BTreeSet<usize>| {
            self.certain(at).into_iter().any(|next| self.reduces(next, seen))
        };
        seen.insert(at) && (self.all[at].reduces || calls(seen))
    }

    fn add(&mut self, at: usize) {
        if self.reached.insert(at) {
            self.pending.push(at);
        }
    }

    /// Adds what a mention leads to otherwise than by a path.
    fn follow(&mut self, mention: &Mention) {
        let found = match mention {
            Mention::Macro(name) => {
                self.of(name).filter(|at| matches!(self.all[*at].role, Role::Macro)).collect()
            }
            Mention::Member(name) => {
                let behalf = ON_BEHALF.iter().filter(|(_, other)| other == name);
                let names = behalf.map(|(member, _)| *member).chain([name.as_str()]);
                let members: Vec<_> = names.flat_map(|name| self.of(name)).collect();
                self.called(members)
            }
            Mention::Type(name) => {
                let types = self.of(name).filter(|at| matches!(self.all[*at].role, Role::Type));
                let members = self.by_owner.get(name.as_str()).cloned().unwrap_or_default();
                types.chain(self.called(members)).collect()
            }
            Mention::Function { .. } | Mention::MemberOf(..) => Vec::new(),
        };
        found.into_iter().for_each(|at| self.add(at));
    }

    fn of(&self, name: &str) -> impl Iterator<Item = usize> {
        self.by_name.get(name).into_iter().flatten().copied()
    }

    /// What a function leads to by paths.
    fn certain(&self, at: usize) -> Vec<usize> {
        self.all[at].mentions.iter().flat_map(|mention| self.by_path(at, mention)).collect()
    }

    /// The same, where only one function of several can be meant.
    fn sure(&self, at: usize) -> Vec<usize> {
        let one = |found: &Vec<usize>| found.len() == 1;
        let mentions = self.all[at].mentions.iter();
        mentions.map(|mention| self.by_path(at, mention)).filter(one).flatten().collect()
    }

    /// What a function may mean by a path.
    fn by_path(&self, at: usize, mention: &Mention) -> Vec<usize> {
        match mention {
            Mention::Function { module, name } => {
                self.free(&self.all[at].module, module.as_deref(), name)
            }
            Mention::MemberOf(owner, name) => self.members(owner, name),
            _ => Vec::new(),
        }
    }

    /// The functions of a name, as seen from a module: those where the path leads. A path through a
    /// module that is not the crate's leads to none of them; through one that has another name, to any.
    fn free(&self, from: &str, module: Option<&str>, name: &str) -> Vec<usize> {
        let named: Vec<_> =
            self.of(name).filter(|at| matches!(self.all[*at].role, Role::Free)).collect();
        let is_there = |at: &&usize| {
            let own = self.all[**at].module.as_str();
            match module {
                None | Some("self") => own == from,
                Some("crate") => own.is_empty(),
                Some("super") => own != from,
                Some(module) => own == module,
            }
        };
        let there: Vec<_> = named.iter().filter(is_there).copied().collect();
        let leads_elsewhere = module.is_some_and(|module| {
            !["self", "crate", "super"].contains(&module) && self.of(module).next().is_none()
        });
        if there.is_empty() && !leads_elsewhere { named } else { there }
    }

    fn members(&self, owner: &str, name: &str) -> Vec<usize> {
        let is_meant = |at: &usize| match &self.all[*at].role {
            Role::Member { owners, of_trait } => {
                owners.contains(owner) || of_trait.as_deref() == Some(owner)
            }
            _ => false,
        };
        self.of(name).filter(is_meant).collect()
    }

    /// Those members that are called where one of their own types is in sight. Members for types of
    /// others are always in sight.
    fn called(&self, members: Vec<usize>) -> Vec<usize> {
        let is_called = |at: &usize| {
            let Role::Member { owners, .. } = &self.all[*at].role else { return false };
            let name = self.all[*at].name.as_str();
            let is_own =
                |owner: &&String| self.of(owner).any(|at| matches!(self.all[at].role, Role::Type));
            let own: Vec<_> = owners.iter().filter(is_own).collect();
            let in_sight = match own.as_slice() {
                [] => !OF_ARRAYS.contains(&name),
                own => own.iter().any(|it| self.has(Mention::Type((*it).clone()))),
            };
            let behalf = ON_BEHALF.iter().filter(|it| it.0 == name).map(|it| it.1);
            let mut names = behalf.chain([name]);
            let is_named = names.any(|it| self.has(Mention::Member(it.to_owned())));
            in_sight && (is_named || (!own.is_empty() && IMPLICIT.contains(&name)))
        };
        members.into_iter().filter(is_called).collect()
    }

    fn has(&self, mention: Mention) -> bool {
        self.mentions.contains(&mention)
    }

    /// The first function that certainly comes back to itself by paths.
    pub fn recursion(&self) -> Option<usize> {
        let mut seen = BTreeMap::new();
        self.reached.iter().find_map(|start| self.cycle(*start, &mut seen))
    }

    /// A function that comes back to itself, among those that `start` leads to. Of those that were
    /// `seen` it is noted whether they are still on the way.
    fn cycle(&self, start: usize, seen: &mut BTreeMap<usize, bool>) -> Option<usize> {
        // Each with what is still to be looked at.
        let mut way = vec![(start, vec![])];
        if seen.insert(start, true).is_none() {
            way[0].1 = self.sure(start);
        }
        while let Some((at, open)) = way.last_mut() {
            match open.pop() {
                Some(next) => match seen.get(&next) {
                    Some(true) => return Some(next),
                    Some(false) => (),
                    None => {
                        seen.insert(next, true);
                        way.push((next, self.sure(next)));
                    }
                },
                None => {
                    seen.insert(*at, false);
                    way.pop();
                }
            }
        }
        None
    }
}
