//! The modules of a crate: which file each is in, and which paths it names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// The segments of a path, as written: `crate`, `super` and `self` included.
pub(super) type Segments = Vec<String>;

/// A module of a crate.
#[derive(Default)]
pub(super) struct Module {
    /// The index of its file.
    pub(super) file: usize,
    pub(super) parent: Option<usize>,
    pub(super) children: BTreeMap<String, usize>,
    /// The names of its items.
    pub(super) items: BTreeSet<String>,
    /// The names that `use` brings into it, with the path of each.
    pub(super) bindings: BTreeMap<String, Segments>,
    /// The paths that it imports everything from.
    pub(super) globs: Vec<Segments>,
    /// Every path that it names outside re-exports.
    pub(super) paths: Vec<Segments>,
}

impl Module {
    /// Returns whether it has an item, a module or an import of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.items.contains(name) || self.children.contains_key(name) || self.bindings.contains_key(name)
    }
}

/// A crate: the root of its module tree is the first module.
#[derive(Default)]
pub(super) struct Crate {
    pub(super) files: Vec<PathBuf>,
    pub(super) modules: Vec<Module>,
}

impl Crate {
    /// Parses a crate from its root file; leaves out what is compiled for tests alone.
    pub(super) fn parse(root: &Path) -> anyhow::Result<Self> {
        let mut found = Self::default();
        let folder = root.parent().context("a root file lies in a folder")?;
        found.add_file(root, folder, None)?;
        Ok(found)
    }

    /// Adds the module of a file. The files of its child modules lie in `folder`.
    fn add_file(&mut self, file: &Path, folder: &Path, parent: Option<usize>) -> anyhow::Result<usize> {
        let text = std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
        let parsed = syn::parse_file(&text).with_context(|| format!("can't parse {}", file.display()))?;
        self.files.push(file.to_owned());
        self.add_module(&parsed.items, folder, parent, self.files.len() - 1)
    }

    fn add_module(
        &mut self,
        items: &[Item],
        folder: &Path,
        parent: Option<usize>,
        file: usize,
    ) -> anyhow::Result<usize> {
        let index = self.modules.len();
        self.modules.push(Module { file, parent, ..Module::default() });
        for item in items {
            if let Item::Mod(module) = item {
                if for_tests_alone(&module.attrs) {
                    continue;
                }
                let name = module.ident.to_string();
                let inner = folder.join(&name);
                let child = if let Some((_, items)) = &module.content {
                    self.add_module(items, &inner, Some(index), file)?
                } else {
                    let beside = folder.join(format!("{name}.rs"));
                    if let Some(path) = path_attribute(&module.attrs) {
                        let path = self.files[file].parent().unwrap_or(folder).join(path);
                        let folder = path.parent().unwrap_or(folder).to_owned();
                        self.add_file(&path, &folder, Some(index))?
                    } else if beside.exists() {
                        self.add_file(&beside, &inner, Some(index))?
                    } else {
                        self.add_file(&inner.join("mod.rs"), &inner, Some(index))?
                    }
                };
                self.modules[index].children.insert(name, child);
            } else {
                let module = &mut self.modules[index];
                module.items.extend(name(item));
                Names(module).visit_item(item);
            }
        }
        Ok(index)
    }
}

/// Collects the paths that a module names.
struct Names<'m>(&'m mut Module);

impl Names<'_> {
    fn add_use(&mut self, tree: &UseTree, mut before: Segments, re_export: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_use(&path.tree, before, re_export);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_use(tree, before.clone(), re_export);
                }
            }
            UseTree::Glob(_) => {
                self.0.globs.push(before.clone());
                self.add_path(before, re_export);
            }
            UseTree::Name(name) if name.ident == "self" => {
                let binding = before.last().cloned().unwrap_or_default();
                self.bind(binding, before, re_export);
            }
            UseTree::Name(name) => {
                before.push(name.ident.to_string());
                self.bind(name.ident.to_string(), before, re_export);
            }
            UseTree::Rename(rename) => {
                before.push(rename.ident.to_string());
                self.bind(rename.rename.to_string(), before, re_export);
            }
        }
    }

    fn bind(&mut self, name: String, path: Segments, re_export: bool) {
        self.0.bindings.insert(name, path.clone());
        self.add_path(path, re_export);
    }

    fn add_path(&mut self, path: Segments, re_export: bool) {
        if !re_export && !path.is_empty() {
            self.0.paths.push(path);
        }
    }

    /// Paths within the arguments of a macro, which are no more than tokens.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path = Segments::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if path.is_empty() || colons == 2 => {
                    path.push(ident.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() && colons < 2 => {
                    colons += 1;
                    continue;
                }
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Ident(ident) => {
                    self.add_path(std::mem::replace(&mut path, vec![ident.to_string()]), false);
                    colons = 0;
                    continue;
                }
                _ => {}
            }
            self.add_path(std::mem::take(&mut path), false);
            colons = 0;
        }
        self.add_path(path, false);
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !for_tests_alone(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let re_export = !matches!(item.vis, syn::Visibility::Inherited);
        self.add_use(&item.tree, vec![], re_export);
    }

    /// `pub(crate)` is no import.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.add_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// Returns the file that `#[path = "…"]` names.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("path"))?;
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) =
        &attribute.meta.require_name_value().ok()?.value
    else {
        return None;
    };
    Some(path.value())
}

fn for_tests_alone(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let condition = attribute.parse_args::<TokenStream>().map(|tokens| tokens.to_string());
        condition.is_ok_and(|condition| condition == "test" || condition.starts_with("all (test"))
    })
}
