//! The imports of each file of a crate.

use std::collections::BTreeSet;

use super::modules::Crate;

/// For each file, the files that it imports from: those that define what its paths from `crate` or `super` name, through
/// all re-exports. A module that names its own children by themselves is made of them and imports nothing.
pub(super) type Imports = Vec<BTreeSet<usize>>;

/// A re-export of a re-export is rare; a circle of them is an error of the compiler's.
const MAX_RE_EXPORTS: usize = 16;

impl Crate {
    pub(super) fn imports(&self) -> Imports {
        let mut imports: Imports = vec![BTreeSet::new(); self.files.len()];
        for (index, module) in self.modules.iter().enumerate() {
            // `crate` and `super` alone are visibilities, as macros write them.
            let begins =
                |path: &&Vec<String>| path.len() > 1 && matches!(path[0].as_str(), "crate" | "super");
            for path in module.paths.iter().filter(begins) {
                if let Some(target) = self.resolve(index, path, MAX_RE_EXPORTS) {
                    let file = self.modules[target].file;
                    if file != module.file {
                        imports[module.file].insert(file);
                    }
                }
            }
        }
        imports
    }

    /// Finds the module that defines what a path names; `None` where that is another crate's.
    fn resolve(&self, from: usize, path: &[String], re_exports: usize) -> Option<usize> {
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => 0,
            "self" => from,
            "super" => self.modules[from].parent?,
            name => *self.modules[from].children.get(name)?,
        };
        self.walk(start, rest, re_exports)
    }

    /// Finds the module that defines what a path names, as seen from the module where the path begins.
    fn walk(&self, from: usize, path: &[String], re_exports: usize) -> Option<usize> {
        let module = &self.modules[from];
        let Some((name, rest)) = path.split_first() else { return Some(from) };
        if name == "super" {
            return self.walk(module.parent?, rest, re_exports);
        }
        if let Some(child) = module.children.get(name) {
            return self.walk(*child, rest, re_exports);
        }
        let re_exports = re_exports.checked_sub(1)?;
        if module.items.contains(name) {
            return Some(from);
        }
        if let Some(binding) = module.bindings.get(name) {
            return self.resolve(from, &[binding, rest].concat(), re_exports);
        }
        let globs = module.globs.iter().filter_map(|glob| self.resolve(from, glob, re_exports));
        let mut sources = globs.filter(|source| *source != from && self.modules[*source].has(name));
        sources.next().map_or(Some(from), |source| self.walk(source, path, re_exports))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The imports of a crate of these files, by their names.
    fn imports(files: &[(&str, &str)]) -> Vec<(String, Vec<String>)> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let parsed = Crate::parse(&folder.path().join("lib.rs")).unwrap();
        let name =
            |file: usize| parsed.files[file].strip_prefix(folder.path()).unwrap().display().to_string();
        let imports = parsed.imports();
        let named = imports.iter().enumerate();
        named.map(|(file, imports)| (name(file), imports.iter().map(|file| name(*file)).collect())).collect()
    }

    fn of(files: &[(&str, &str)], file: &str) -> Vec<String> {
        imports(files).into_iter().find(|(name, _)| name == file).unwrap().1
    }

    #[test]
    fn an_import_leads_through_re_exports_to_the_file_that_defines_the_name() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "mod inner; pub use inner::Thing; pub use inner::deep::*; pub struct Own;"),
            ("a/inner.rs", "pub mod deep; pub struct Thing;"),
            ("a/inner/deep.rs", "pub fn dive() {}"),
            ("b.rs", "use crate::a::{Own, Thing as Other};"),
        ];
        assert_eq!(of(&files, "b.rs"), ["a/mod.rs", "a/inner.rs"]);
        let by_glob = [files[0], files[1], files[2], files[3], ("b.rs", "fn x() { super::a::dive() }")];
        assert_eq!(of(&by_glob, "b.rs"), ["a/inner/deep.rs"]);
    }

    #[test]
    fn a_module_may_name_its_file() {
        let files = [
            ("lib.rs", "#[path = \"elsewhere/b.example\"] mod a; mod c;"),
            ("elsewhere/b.example", "pub struct Thing;"),
            ("c.rs", "use crate::a::Thing;"),
        ];
        assert_eq!(of(&files, "c.rs"), ["elsewhere/b.example"]);
    }

    #[test]
    fn paths_in_signatures_and_macros_are_imports() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "pub struct Thing; pub fn make() {}"),
            ("b.rs", "fn x(thing: crate::a::Thing) {}"),
            ("c.rs", "fn x() { println!(\"{}\", [crate::b::x(), 1]); }"),
        ];
        assert_eq!(of(&files, "b.rs"), ["a.rs"]);
        assert_eq!(of(&files, "c.rs"), ["b.rs"]);
    }

    #[test]
    fn tests_own_children_and_visibilities_are_no_imports() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a/mod.rs", "mod child; fn x() { child::y() }"),
            ("a/child.rs", "pub fn y() {}"),
            ("b.rs", "#[cfg(test)] mod tests { use crate::a::x; } #[cfg(test)] fn y() { crate::a::x() }"),
            ("c.rs", "pub(crate) fn x() {}"),
        ];
        assert!(imports(&files).iter().all(|(_, imports)| imports.is_empty()));
    }
}
