//! Plans as `auto_explain` writes them, and the check of a plan.

use serde_json::Value;

/// The tables that grow.
const LARGE: [&str; 15] = [
    "messages",
    "word_pages",
    "message_history",
    "reactions",
    "reaction_counts",
    "mentions",
    "memberships",
    "rooms",
    "room_activity",
    "sessions",
    "users",
    "invitations",
    "files",
    "file_counts",
    "kept_answers",
];
/// The statement that follows those of each query.
const MARK: &str = "SELECT now() AS at";
/// The most blocks for each row: a lookup by an index reads the blocks down to the row, an insertion those of each index;
/// with a margin for dead versions.
const BLOCKS_A_ROW: u64 = 20;

/// The findings in a plan.
pub(crate) struct Findings {
    /// The most rows that one node read, in all its loops, filtered rows included.
    pub(crate) rows: u64,
    /// The blocks that the statement read. Only this shows an index scan that starts at the wrong place: its skipped
    /// entries are counted nowhere else.
    pub(crate) blocks: u64,
    /// The reasons to reject it.
    pub(crate) complaints: Vec<String>,
}

/// Returns the plans in a log, grouped by query.
pub(crate) fn by_query(log: &str) -> Vec<Vec<Value>> {
    let mut queries = Vec::new();
    let mut plans = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.ends_with("plan:") {
            continue;
        }
        // A continued line begins with a tab.
        let mut text = String::new();
        while let Some(more) = lines.next_if(|more| more.starts_with('\t')) {
            text.push_str(more);
        }
        // The last plan of a log that is being written may be incomplete.
        let Ok(plan) = serde_json::from_str::<Value>(&text) else { break };
        match plan["Query Text"].as_str() {
            Some(MARK) => queries.push(std::mem::take(&mut plans)),
            // From the pool, when it connects.
            Some(text) if text.contains("set_config") => {}
            _ => plans.push(plan),
        }
    }
    queries
}

/// Checks every node of a plan.
pub(crate) fn inspect(plan: &Value, most: u64) -> Findings {
    let root = &plan["Plan"];
    let blocks = count(root, "Shared Hit Blocks") + count(root, "Shared Read Blocks");
    let mut found = Findings { rows: 0, blocks, complaints: Vec::new() };
    inspect_node(root, most, &mut found);
    if blocks > most * BLOCKS_A_ROW {
        found.complaints.push(format!("reads {blocks} blocks"));
    }
    if !found.complaints.is_empty() {
        let text = plan["Query Text"].as_str().unwrap_or_default();
        found.complaints.push(format!("{text}\n{}", outline(root, 1)));
    }
    found
}

fn inspect_node(node: &Value, most: u64, found: &mut Findings) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let table = node["Relation Name"].as_str().unwrap_or_default();
    let rows = rows(node);
    found.rows = found.rows.max(rows);
    // A search, or a large batch, may read all rooms.
    let all_rooms = ["rooms", "room_activity"].contains(&table) && most >= crate::LIST;
    if kind == "Seq Scan" && LARGE.contains(&table) && !all_rooms {
        found.complaints.push(format!("reads the whole of {table}"));
    }
    if rows > most {
        found.complaints.push(format!("{kind} {table} reads {rows} rows, {most} are allowed"));
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        inspect_node(child, most, found);
    }
}

fn rows(node: &Value) -> u64 {
    let a_loop: u64 = [
        "Actual Rows",
        "Rows Removed by Filter",
        "Rows Removed by Index Recheck",
        "Rows Removed by Join Filter",
    ]
    .iter()
    .map(|name| count(node, name))
    .sum();
    a_loop * count(node, "Actual Loops")
}

/// Returns a number of a node. Newer servers report the rows of a loop as a fraction.
fn count(node: &Value, name: &str) -> u64 {
    let value = &node[name];
    value.as_u64().or_else(|| value.to_string().split('.').next()?.parse().ok()).unwrap_or(0)
}

/// Returns a summary of a plan, one line for each node.
fn outline(node: &Value, depth: usize) -> String {
    let text_of = |name: &str| node[name].as_str().unwrap_or_default().to_owned();
    let mut text = format!(
        "{}{} {} {} {}: {} rows, {} blocks\n",
        "  ".repeat(depth),
        text_of("Node Type"),
        text_of("Relation Name"),
        text_of("Index Name"),
        [text_of("Index Cond"), text_of("Filter")].join(" / "),
        rows(node),
        count(node, "Shared Hit Blocks") + count(node, "Shared Read Blocks"),
    );
    for child in node["Plans"].as_array().into_iter().flatten() {
        text.push_str(&outline(child, depth + 1));
    }
    text
}
