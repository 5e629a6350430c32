//! One order for all out of many partial ones: which of several things come before which, and which are alike.

/// Each of `count` things gets a rank, the lowest first. `before` are pairs of which the first has the lower rank, `alike`
/// pairs of one rank. Fails with a pair of `before` that cannot be kept.
pub fn ranks(
    count: usize,
    before: &[(usize, usize)],
    alike: &[(usize, usize)],
) -> Result<Vec<usize>, (usize, usize)> {
    // Things that are alike are one: each points at the lowest of its kind.
    let mut kind: Vec<usize> = (0..count).collect();
    for (one, other) in alike {
        let (low, high) = (kind[*one].min(kind[*other]), kind[*one].max(kind[*other]));
        kind.iter_mut().filter(|own| **own == high).for_each(|own| *own = low);
    }
    let before: Vec<(usize, usize)> = before.iter().map(|(one, other)| (kind[*one], kind[*other])).collect();
    let mut ranks = vec![0; count];
    // The longest chain before each; a chain of more things than there are goes in a circle.
    for _ in 0..=count {
        let mut has_changed = false;
        for (one, other) in &before {
            if ranks[*other] <= ranks[*one] {
                ranks[*other] = ranks[*one] + 1;
                has_changed = true;
            }
        }
        if !has_changed {
            return Ok((0..count).map(|thing| ranks[kind[thing]]).collect());
        }
    }
    Err(before.into_iter().find(|(one, other)| ranks[*other] <= ranks[*one] + 1).unwrap_or((0, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_and_likes_are_kept_and_circles_are_found() {
        assert_eq!(ranks(4, &[(0, 1), (2, 1)], &[]), Ok(vec![0, 1, 0, 0]));
        assert_eq!(ranks(4, &[(0, 1), (2, 3)], &[(1, 2)]), Ok(vec![0, 1, 1, 2]));
        assert!(ranks(3, &[(0, 1), (1, 2), (2, 0)], &[]).is_err());
        assert!(ranks(2, &[(0, 1)], &[(0, 1)]).is_err());
    }
}
