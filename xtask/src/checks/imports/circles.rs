//! Circles of imports: files each of which, over others, imports from itself.

use std::collections::BTreeSet;

use super::graph::Imports;

/// Finds the sets of two and more files that all reach each other, largest first.
pub(super) fn circles(imports: &Imports) -> Vec<BTreeSet<usize>> {
    let reach: Vec<BTreeSet<usize>> = (0..imports.len()).map(|file| reachable(imports, file)).collect();
    let of =
        |file: usize| reach[file].iter().copied().filter(|other| reach[*other].contains(&file)).collect();
    let mut circles: Vec<BTreeSet<usize>> =
        (0..imports.len()).map(of).filter(|circle: &BTreeSet<usize>| circle.len() > 1).collect();
    circles.sort_by_key(|circle| std::cmp::Reverse((circle.len(), circle.first().copied())));
    circles.dedup();
    circles
}

fn reachable(imports: &Imports, from: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut next = vec![from];
    while let Some(file) = next.pop() {
        next.extend(imports[file].iter().copied().filter(|import| found.insert(*import)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(edges: &[(usize, usize)]) -> Imports {
        let mut imports = vec![BTreeSet::new(); 6];
        for (from, to) in edges {
            imports[*from].insert(*to);
        }
        imports
    }

    #[test]
    fn a_circle_is_found_however_long() {
        let found = circles(&imports(&[(0, 1), (1, 2), (2, 3), (3, 0), (3, 4), (4, 5), (5, 4)]));
        assert_eq!(found, [BTreeSet::from([0, 1, 2, 3]), BTreeSet::from([4, 5])]);
    }

    #[test]
    fn imports_that_never_come_back_are_no_circle() {
        assert!(circles(&imports(&[(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)])).is_empty());
    }
}
