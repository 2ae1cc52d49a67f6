//! Text without a font at hand: how wide it will be, where it is broken, how labels keep apart.

/// About how wide `text` is in a font of `size` pixels: an upper bound for the usual sans-serifs.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let em: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'l' | 'j' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | 'I' => 0.36,
            'f' | 't' | 'r' | '(' | ')' | '-' | '/' => 0.45,
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '×' => 0.98,
            'A'..='Z' => 0.74,
            _ => 0.65,
        })
        .sum();
    em * size
}

/// `text` in lines of at most `room` pixels, broken between words.
pub(super) fn broken(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line, size) + width(" ", size) + width(word, size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(cut(word, size, room)),
        }
    }
    lines
}

/// `text`, or as much of it as fits into `room` pixels and an ellipsis.
pub(super) fn cut(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        if width(&short, size) + width("m…", size) > room {
            break;
        }
        short.push(c);
    }
    short.trim_end().to_owned() + "…"
}

/// Places for labels that want to be at `wanted`: in the same order, `gap` apart, between `low` and
/// `high` as far as there is room, and each as near as that allows.
pub(super) fn apart(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    // Labels that touch form a block, which stands where its members want to be on average.
    let mut blocks: Vec<(f64, Vec<usize>)> = Vec::new();
    for index in order {
        blocks.push((wanted[index], vec![index]));
        while blocks.len() > 1 {
            let half = |block: &(f64, Vec<usize>)| gap * block.1.len() as f64 / 2.0;
            let (last, before) = (&blocks[blocks.len() - 1], &blocks[blocks.len() - 2]);
            if last.0 - half(last) >= before.0 + half(before) - 1e-9 {
                break;
            }
            let Some((_, last)) = blocks.pop() else { break };
            if let Some((middle, members)) = blocks.last_mut() {
                members.extend(last);
                let sum: f64 = members.iter().map(|&member| wanted[member]).sum();
                *middle = sum / members.len() as f64;
            }
        }
    }
    let mut places = vec![0.0; wanted.len()];
    let flat: Vec<(usize, f64)> = blocks
        .into_iter()
        .flat_map(|(middle, members)| {
            let first = middle - gap * (members.len() as f64 - 1.0) / 2.0;
            let member = move |(index, member)| (member, first + gap * index as f64);
            members
                .into_iter()
                .enumerate()
                .map(member)
                .collect::<Vec<_>>()
        })
        .collect();
    // What is pushed out below is pushed back up, then down again from the top.
    let mut limit = high;
    let mut risen = Vec::with_capacity(flat.len());
    for (member, place) in flat.into_iter().rev() {
        let place = place.min(limit);
        limit = place - gap;
        risen.push((member, place));
    }
    let mut limit = low;
    for (member, place) in risen.into_iter().rev() {
        places[member] = place.max(limit);
        limit = places[member] + gap;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_apart_in_order_and_near_where_they_belong() {
        assert_eq!(apart(&[10.0, 50.0], 12.0, 0.0, 100.0), [10.0, 50.0]);
        assert_eq!(apart(&[50.0, 50.0], 12.0, 0.0, 100.0), [44.0, 56.0]);
        let crowded = apart(&[99.0, 3.0, 98.0, 97.0, 1.0], 12.0, 0.0, 100.0);
        let mut sorted = crowded.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(
            sorted
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= 12.0 - 1e-9),
            "{sorted:?}"
        );
        assert!(sorted[0] >= 0.0 && sorted[4] <= 100.0, "{sorted:?}");
        assert!(crowded[4] < crowded[1] && crowded[3] < crowded[2] && crowded[2] < crowded[0]);
    }

    #[test]
    fn too_many_labels_still_keep_apart() {
        let places = apart(&[5.0; 20], 12.0, 0.0, 100.0);
        assert!(
            places
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= 12.0 - 1e-9)
        );
        assert_eq!(places[0], 0.0);
    }

    #[test]
    fn long_text_is_cut_or_broken_to_fit() {
        let text = "a rather long label that has no room";
        let short = cut(text, 12.0, 100.0);
        assert!(
            width(&short, 12.0) <= 110.0 && short.ends_with('…'),
            "{short}"
        );
        assert_eq!(cut("short", 12.0, 100.0), "short");
        assert!(
            broken(text, 12.0, 100.0)
                .iter()
                .all(|line| width(line, 12.0) <= 100.0)
        );
        assert_eq!(broken(&"x".repeat(100), 12.0, 100.0).len(), 1);
    }
}
