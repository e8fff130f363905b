//! Plans as `auto_explain` writes them, and what is wrong with one.

use serde_json::Value;

/// The tables that grow.
const LARGE: [&str; 8] =
    ["messages", "message_history", "memberships", "rooms", "sessions", "users", "invitations", "files"];
/// The statement that stands behind each query's.
const MARK: &str = "SELECT now() AS at";
/// A row that is looked up by an index costs the blocks of the way there, one that is inserted those of each index: so
/// many at most, with room for dead versions.
const BLOCKS_A_ROW: u64 = 20;

/// What was found in a plan.
pub(crate) struct Found {
    /// The most rows that one node read, all its loops together, those that it then passed over included.
    pub(crate) rows: u64,
    /// How many blocks the statement looked into. An index that is entered in the wrong place betrays itself here
    /// alone: the entries which it passes over are counted nowhere.
    pub(crate) blocks: u64,
    /// What is wrong with it.
    pub(crate) complaints: Vec<String>,
}

/// The plans in a log, those of each query together.
pub(crate) fn by_query(log: &str) -> Vec<Vec<Value>> {
    let mut queries = Vec::new();
    let mut plans = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.ends_with("plan:") {
            continue;
        }
        // What belongs to the line before begins with a tab.
        let mut text = String::new();
        while let Some(more) = lines.next_if(|more| more.starts_with('\t')) {
            text.push_str(more);
        }
        // The last of a log that is still being written may lack its end.
        let Ok(plan) = serde_json::from_str::<Value>(&text) else { break };
        match plan["Query Text"].as_str() {
            Some(MARK) => queries.push(std::mem::take(&mut plans)),
            // Of the pool, when it connects.
            Some(text) if text.contains("set_config") => {}
            _ => plans.push(plan),
        }
    }
    queries
}

/// Looks at every node of a plan.
pub(crate) fn look(plan: &Value, most: u64) -> Found {
    let root = &plan["Plan"];
    let blocks = count(root, "Shared Hit Blocks") + count(root, "Shared Read Blocks");
    let mut found = Found { rows: 0, blocks, complaints: Vec::new() };
    look_at_node(root, most, &mut found);
    if blocks > most * BLOCKS_A_ROW {
        found.complaints.push(format!("looks into {blocks} blocks"));
    }
    if !found.complaints.is_empty() {
        let text = plan["Query Text"].as_str().unwrap_or_default();
        found.complaints.push(format!("{text}\n{}", outline(root, 1)));
    }
    found
}

fn look_at_node(node: &Value, most: u64, found: &mut Found) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let table = node["Relation Name"].as_str().unwrap_or_default();
    let rows = rows(node);
    found.rows = found.rows.max(rows);
    // A list counts or searches all rooms, and may then read them as they lie.
    let all_rooms = table == "rooms" && most >= crate::LIST;
    if kind == "Seq Scan" && LARGE.contains(&table) && !all_rooms {
        found.complaints.push(format!("reads the whole of {table}"));
    }
    if rows > most {
        found.complaints.push(format!("{kind} {table} reads {rows} rows, {most} are allowed"));
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        look_at_node(child, most, found);
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
    .map(|what| count(node, what))
    .sum();
    a_loop * count(node, "Actual Loops")
}

/// A number of a node. Newer servers give the rows of a loop as a fraction.
fn count(node: &Value, what: &str) -> u64 {
    let value = &node[what];
    value.as_u64().or_else(|| value.to_string().split('.').next()?.parse().ok()).unwrap_or(0)
}

/// A plan in short, a line for each node.
fn outline(node: &Value, depth: usize) -> String {
    let word = |what: &str| node[what].as_str().unwrap_or_default().to_owned();
    let mut text = format!(
        "{}{} {} {} {}: {} rows, {} blocks\n",
        "  ".repeat(depth),
        word("Node Type"),
        word("Relation Name"),
        word("Index Name"),
        [word("Index Cond"), word("Filter")].join(" / "),
        rows(node),
        count(node, "Shared Hit Blocks") + count(node, "Shared Read Blocks"),
    );
    for child in node["Plans"].as_array().into_iter().flatten() {
        text.push_str(&outline(child, depth + 1));
    }
    text
}
