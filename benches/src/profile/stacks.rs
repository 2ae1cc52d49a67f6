//! What was seen, added up.

use std::collections::BTreeMap;

/// A tree of functions: what called what, and how often each was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Stacks {
    /// Samples with this function on the stack.
    total: u64,
    called: BTreeMap<String, Self>,
}

impl Stacks {
    /// Adds `count` samples of a stack, the outermost function first.
    pub(super) fn add(&mut self, stack: &[String], count: u64) {
        self.total += count;
        let mut node = self;
        for name in stack {
            node = node.called.entry(name.clone()).or_default();
            node.total += count;
        }
    }

    /// All samples.
    pub(super) const fn samples(&self) -> u64 {
        self.total
    }

    /// What was called from here, by name.
    pub(super) fn called(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.called.iter().map(|(name, node)| (name.as_str(), node))
    }

    /// How deep the calls go.
    pub(super) fn depth(&self) -> usize {
        let depths = self.called.values().map(Self::depth);
        depths.max().map_or(0, |depth| depth + 1)
    }

    /// Functions with the samples in which they were the innermost, the heaviest first.
    pub(super) fn by_self_time(&self) -> Vec<(&str, u64)> {
        let mut times = BTreeMap::new();
        self.collect(&mut times);
        let mut sorted: Vec<(&str, u64)> = times.into_iter().filter(|&(_, n)| n > 0).collect();
        sorted.sort_by_key(|&(_, samples)| std::cmp::Reverse(samples));
        sorted
    }

    fn collect<'a>(&'a self, times: &mut BTreeMap<&'a str, u64>) {
        for (name, node) in &self.called {
            let deeper: u64 = node.called.values().map(|node| node.total).sum();
            *times.entry(name).or_default() += node.total - deeper;
            node.collect(times);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_to_the_innermost_function_wherever_it_was_called_from() {
        let mut stacks = Stacks::default();
        for (stack, count) in [
            (&["turn", "agree", "mul"][..], 5),
            (&["turn", "seal"], 3),
            (&["turn"], 1),
            (&["check", "mul"], 2),
        ] {
            let stack: Vec<String> = stack.iter().map(|&name| name.into()).collect();
            stacks.add(&stack, count);
        }
        assert_eq!((stacks.samples(), stacks.depth()), (11, 3));
        assert_eq!(
            stacks.by_self_time(),
            [("mul", 7), ("seal", 3), ("turn", 1)]
        );
    }
}
